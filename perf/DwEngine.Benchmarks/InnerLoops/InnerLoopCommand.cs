using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using DwEngine.Files;
using DwEngine.Simd;

namespace DwEngine.Benchmarks.InnerLoops;

/// <summary>
/// <c>--inner-loops [FOLDER]</c>: has the JIT compiler list the hot loops of the kernels, writes each to a file, and checks that it stays
/// in registers. Of all other innermost loops over vectors, those of a graph that runs every kind of kernel, it checks that no vector is
/// spilled and nothing called. Each instruction set is compiled in a process of its own that offers nothing better: with AVX-512 the
/// compiler would give AVX2 code its 32 registers.
/// </summary>
internal static class InnerLoopCommand
{
    /// <summary>The option.</summary>
    public const string Option = "--inner-loops";

    private const string CompileOnly = "--compile-inner-loops";
    private const string DefaultFolder = "docs/disassembly";

    /// <summary>Whether a command line asks for this, or for a child's part of it.</summary>
    public static bool IsAskedFor(string[] arguments) => arguments is [Option or CompileOnly, ..];

    /// <summary>Does it.</summary>
    /// <returns>The process's exit code: 0 if all loops are as they must be.</returns>
    public static int Run(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case [CompileOnly, var name]:
                    Compile(Enum.Parse<Isa>(name));
                    return 0;
                case [Option]:
                    return WriteAll(DefaultFolder) ? 0 : 1;
                case [Option, var folder]:
                    return WriteAll(folder) ? 0 : 1;
                default:
                    throw new ArgumentException($"expected {Option} [FOLDER]");
            }
        }
        catch (Exception error) when (error is ArgumentException or IOException or UnauthorizedAccessException
                or PlatformNotSupportedException
            or InvalidOperationException or InvalidDataException or Win32Exception)
        {
            Console.Error.WriteLine($"{Option}: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    private static bool WriteAll(string folder)
    {
        if (!KernelLoop.KnownIsas.Any(Isas.IsSupported))
        {
            throw new PlatformNotSupportedException(
                $"this CPU has none of {string.Join(", ", KernelLoop.KnownIsas)}, whose loops are known");
        }

        Directory.CreateDirectory(folder);
        bool good = true;
        foreach (Isa isa in KernelLoop.KnownIsas)
        {
            if (!Isas.IsSupported(isa))
            {
                Console.WriteLine($"{isa}: this CPU cannot run it; its files stay as they are.");
                continue;
            }

            JitListing[] listings = ListInChild(isa);
            foreach (KernelLoop kernel in KernelLoop.Of(isa))
            {
                JitListing listing = listings.LastOrDefault(listing => kernel.IsNamed(listing.Name))
                    ?? throw new InvalidDataException($"the JIT compiler did not list {kernel.Method}");
                InnerLoop loop = listing.FindLoop();
                AtomicFile.Write(Path.Combine(folder, kernel.Name + ".txt"),
                    stream => stream.Write(Encoding.ASCII.GetBytes(TextOf(kernel, listing, loop))));
                bool isGood = kernel.Accepts(loop);
                good &= isGood;
                Console.WriteLine($"{kernel.Name}: {loop}{(isGood ? "" : $". WRONG: expected {kernel.Expectation}")}");
            }

            good &= CheckAll(isa, listings);
        }

        return good;
    }

    // All innermost loops over vectors of the kernels that ran. A constructor may move what is no number as vectors.
    private static bool CheckAll(Isa isa, JitListing[] listings)
    {
        int loops = 0, wrong = 0;
        foreach (JitListing listing in listings.Where(listing => !listing.IsConstructor))
        {
            foreach (InnerLoop loop in listing.InnermostLoops().Where(loop => loop.WalksVectors))
            {
                loops++;
                if (!HotGraph.Accepts(isa, loop))
                {
                    wrong++;
                    Console.WriteLine(
                        $"{isa}: WRONG: a loop of {listing.Name}: vectors written to the stack {loop.VectorsSpilled}, read from there "
                            + $"{loop.VectorsReloaded}, calls {loop.Calls}; {loop}");
                }
            }
        }

        Console.WriteLine($"{isa}: {loops} innermost loops over vectors in {listings.Length} methods, {wrong} of them wrong");
        return wrong == 0 && loops >= HotGraph.FewestLoops;
    }

    private static string TextOf(KernelLoop kernel, JitListing listing, InnerLoop loop)
    {
        var text = new StringBuilder();
        text.Append($"; {kernel.Title}\n");
        text.Append($"; In one turn: {loop}.\n");
        text.Append($"; Compiled by {RuntimeInformation.FrameworkDescription} for {listing.Target}; written, not edited, by\n");
        text.Append($";   dotnet run -c Release --project perf/DwEngine.Benchmarks -- {Option}\n\n");
        text.Append($"{InnerLoop.Label}:\n");
        text.AppendJoin('\n', loop.Instructions.Select(line => line.TrimEnd()));
        return text.Append('\n').ToString();
    }

    private static JitListing[] ListInChild(Isa isa)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException(
            "the system does not tell this program's path, so no child can be started");
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        string file = Path.GetTempFileName();
        try
        {
            var info = new ProcessStartInfo(program, [.. host, CompileOnly, isa.ToString()]) { UseShellExecute = false };
            info.Environment["DOTNET_JitStdOutFile"] = file;
            info.Environment["DOTNET_JitDisasm"] = string.Join(
                ' ', KernelLoop.Of(isa).Select(kernel => kernel.Pattern).Append(HotGraph.Pattern).Distinct());
            info.Environment["DOTNET_TieredCompilation"] = "0";
            if (isa == Isa.Avx2)
            {
                info.Environment["DOTNET_EnableAVX512"] = "0";
            }

            using Process child = Process.Start(info) ?? throw new InvalidOperationException($"{program} could not be started");
            child.WaitForExit();
            return child.ExitCode == 0 ? [.. JitListing.Read(file)]
                : throw new InvalidOperationException($"the process that compiles for {isa} failed");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Compile(Isa isa)
    {
        // The runtime ignores a switch that it does not know.
        if (Isas.Best != isa)
        {
            throw new InvalidOperationException($"expected a process whose best instruction set is {isa}; found {Isas.Best}");
        }

        foreach (KernelLoop kernel in KernelLoop.Of(isa))
        {
            kernel.Compile();
        }

        HotGraph.Run();
    }
}
