using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace DwEngine.Simd;

/// <summary>The CPU that runs this process, for those who read measurements.</summary>
public static class Processor
{
    // The leaves of CPUID whose registers hold the brand string.
    private const int HighestExtendedLeaf = unchecked((int)0x80000000), FirstNameLeaf = unchecked((int)0x80000002), NameLeaves = 3;

    /// <summary>
    /// What its maker or, on ARM, the system calls it, on one line. Where neither tells, its architecture's name, such as <c>Arm64</c>.
    /// </summary>
    public static string Name { get; } =
        OfInstruction() ?? OfLinux() ?? OfWindows() ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>The name in Linux's description of its CPUs; null if there is none in it.</summary>
    /// <param name="lines">The lines of <c>/proc/cpuinfo</c>.</param>
    internal static string? NameIn(IEnumerable<string> lines)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string[] fact in lines.Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)))
        {
            if (fact is [var key, { Length: > 0 } value])
            {
                facts.TryAdd(key, value);
            }
        }

        // On ARM, the board's name, or else the codes of the core's maker and type.
        string? codes = facts.TryGetValue("CPU implementer", out string? maker) && facts.TryGetValue("CPU part", out string? part)
            ? string.Create(CultureInfo.InvariantCulture, $"ARM core, implementer {maker}, part {part}")
            : null;
        return facts.GetValueOrDefault("model name") ?? facts.GetValueOrDefault("Model") ?? facts.GetValueOrDefault("Hardware") ?? codes;
    }

    private static string? OfInstruction()
    {
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(HighestExtendedLeaf, 0).Eax < unchecked((uint)(FirstNameLeaf + NameLeaves - 1)))
        {
            return null;
        }

        var registers = new List<int>();
        for (int leaf = FirstNameLeaf; leaf < FirstNameLeaf + NameLeaves; leaf++)
        {
            (int eax, int ebx, int ecx, int edx) = X86Base.CpuId(leaf, 0);
            registers.AddRange([eax, ebx, ecx, edx]);
        }

        string name = Encoding.ASCII.GetString(MemoryMarshal.AsBytes<int>(registers.ToArray())).TrimEnd('\0').Trim();
        return name.Length > 0 ? name : null;
    }

    private static string? OfWindows() =>
        OperatingSystem.IsWindows() ? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") : null;

    private static string? OfLinux()
    {
        try
        {
            return OperatingSystem.IsLinux() ? NameIn(File.ReadLines("/proc/cpuinfo")) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
