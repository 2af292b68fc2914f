using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using DwEngine.Networks;
using DwEngine.Runtime;
using DwEngine.Simd;
using Microsoft.ML.OnnxRuntime;

namespace DwEngine.Compare;

/// <summary>The command line.</summary>
internal static class CompareCommand
{
    private const int Failed = 1;
    private const double MostHertz = 10_000;

    private static readonly Option<string?> s_model =
        File("--model", "A weight file for DwEngine, of the network of --onnx.");
    private static readonly Option<string?> s_onnx = File(
        "--onnx", "An ONNX network, for both engines unless --model gives DwEngine its weights.");
    private static readonly Option<string?> s_name =
        new("--name") { Description = "What to call the network of --onnx.", HelpName = "NAME" };
    private static readonly Option<string?> s_models =
        File(
        "--models", "A folder with a .pth and an .onnx file of each default network, which are built with random weights otherwise.");
    private static readonly Option<string[]> s_network = new("--network")
    {
        Description = $"Networks, built with random weights: {string.Join(", ", RandomNetworks.Names)}. "
            + $"Default: {string.Join(", ", ModelPair.DefaultNames)}.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<ImmutableArray<int>> s_threads = Numbers("--threads", "Thread counts.", [1, 2], 256);
    private static readonly Option<ImmutableArray<int>> s_batch = Numbers("--batch", "Images in one run.", [1, 8], 1024);

    private static readonly Option<double> s_seconds = new("--seconds")
    {
        Description = "Time for each network, thread count and batch, warm-up included.",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
        CustomParser = result => ParseNumber(result, "--seconds", 3600),
    };

    private static readonly Option<Isa?> s_isa = new("--isa")
    {
        Description = "Forces the instruction set of DwEngine's kernels: avx512, avx2, neon or portable.",
        HelpName = "ISA",
        CustomParser = result => ParseName<Isa>(result, "--isa"),
    };

    private static readonly Option<ThreadAffinity> s_affinity = new("--affinity")
    {
        Description = "Where DwEngine's helper threads run: owncores or none.",
        HelpName = "AFFINITY",
        DefaultValueFactory = _ => ThreadAffinity.OwnCores,
        CustomParser = result => ParseName<ThreadAffinity>(result, "--affinity") ?? default,
    };

    private static readonly Option<double> s_paced = new("--paced")
    {
        Description = "Frames in a second where each engine runs at the rate of a camera.",
        HelpName = "HZ",
        DefaultValueFactory = _ => 30,
        CustomParser = result => ParseNumber(result, "--paced", MostHertz),
    };

    private static readonly Option<string?> s_tool =
        File("--tool", "A dw program: the time of 'dw run' from its start to its answer, beside the starts of both engines.");

    private static readonly Option<string?> s_picture = File("--picture", "The picture for --tool.");

    private static readonly Option<ImmutableHashSet<Part>> s_skip = new("--skip")
    {
        Description = $"Parts to leave out: {Names<Part>()}.",
        HelpName = "PART,PART",
        DefaultValueFactory = _ => [],
        CustomParser = ParseParts,
    };

    private static readonly Option<bool> s_json = new("--json") { Description = "Write JSON, and nothing else, to standard output." };

    /// <summary>Runs one command line; errors are one line each.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="errors">Gets errors and progress.</param>
    /// <returns>0 if everything was compared, 1 if something failed, 2 if the command line is wrong.</returns>
    public static int Run(string[] arguments, TextWriter errors)
    {
        var root = new RootCommand("Run DwEngine and ONNX Runtime in turns on the same networks and print how their speeds compare.")
        {
            s_model, s_onnx, s_name, s_models, s_network, s_threads, s_batch, s_seconds, s_isa, s_affinity, s_paced, s_tool,
            s_picture, s_skip, s_json,
        };
        root.Validators.Add(result =>
        {
            if (result.GetValue(s_model) is not null && result.GetValue(s_onnx) is null)
            {
                result.AddError("--model needs --onnx, which names the same network for ONNX Runtime.");
            }

            if (result.GetValue(s_tool) is null != result.GetValue(s_picture) is null)
            {
                result.AddError("--tool and --picture need each other.");
            }

            if (result.GetValue(s_tool) is not null && result.GetValue(s_skip)?.Contains(Part.Starts) == true)
            {
                result.AddError("--tool measures a start, which --skip starts leaves out.");
            }

            if (new Option[] { s_onnx, s_models, s_network }.Count(option => result.GetResult(option) is not null) > 1)
            {
                result.AddError("expected one of --onnx, --models and --network.");
            }
        });
        using var cancellation = new CancellationTokenSource();
        root.SetAction(parse => Compare(parse, errors, cancellation.Token));
        // Stopping between two blocks of runs lets the temporary files be deleted.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        ParseResult parse = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parse.Action is ParseErrorAction)
        {
            return Fail(errors, string.Join(" ", parse.Errors.Select(error => error.Message).Distinct()), ChildProcess.Usage);
        }

        try
        {
            return parse.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            return Fail(errors, "stopped");
        }
        catch (Exception error) when (error is CompareException or DwEngineException or OnnxRuntimeException or IOException
            or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return Fail(errors, error.Message);
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            cancellation.Cancel();
        }
    }

    private static int Compare(ParseResult parse, TextWriter errors, CancellationToken cancellation)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dw-networks-");
        try
        {
            return Compare(parse, PairsOf(parse, folder.FullName), errors, cancellation);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static int Compare(ParseResult parse, ImmutableArray<ModelPair> pairs, TextWriter errors, CancellationToken cancellation)
    {
        var options = new CompareOptions
        {
            Pairs = pairs,
            Threads = parse.GetValue(s_threads),
            Batches = parse.GetValue(s_batch),
            Budget = TimeSpan.FromSeconds(parse.GetValue(s_seconds)),
            Isa = parse.GetValue(s_isa),
            Affinity = parse.GetValue(s_affinity),
            Hertz = parse.GetValue(s_paced),
            Tool = parse.GetValue(s_tool) is { } tool ? new ToolProcess(tool, parse.GetValue(s_picture)!) : null,
            Skipped = parse.GetValue(s_skip)!,
        };
        ComparisonResult result = new Comparison(options, errors).Run(cancellation);
        if (parse.GetValue(s_json))
        {
            using Stream output = Console.OpenStandardOutput();
            JsonReport.Write(result, output);
        }
        else
        {
            TextReport.Write(result, Console.Out);
        }

        return 0;
    }

    private static ImmutableArray<ModelPair> PairsOf(ParseResult parse, string folder)
    {
        if (parse.GetValue(s_onnx) is { } onnx)
        {
            string name = parse.GetValue(s_name) ?? Path.GetFileNameWithoutExtension(onnx);
            return [ModelPair.Of(name, parse.GetValue(s_model) ?? onnx, onnx)];
        }

        if (parse.GetValue(s_models) is { } models)
        {
            return ModelPair.FromFolder(models);
        }

        IEnumerable<string> names = parse.GetValue(s_network) is { Length: > 0 } given ? given : ModelPair.DefaultNames;
        return [.. names.Distinct(StringComparer.Ordinal).Select(name => ModelPair.Build(name, folder))];
    }

    private static int Fail(TextWriter errors, string message, int exitCode = Failed)
    {
        errors.WriteLine($"compare: {message.ReplaceLineEndings(" ")}");
        return exitCode;
    }

    private static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "PATH" };

    private static Option<ImmutableArray<int>> Numbers(string name, string description, ImmutableArray<int> values, int maximum) =>
        new(name)
        {
            Description = description,
            HelpName = "N,N",
            DefaultValueFactory = _ => values,
            CustomParser = result =>
            {
                var numbers = ImmutableArray.CreateBuilder<int>();
                foreach (string part in result.Tokens[0].Value.Split(','))
                {
                    if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < 1
                        || number > maximum)
                    {
                        result.AddError(
                            $"{name}: expected whole numbers from 1 to {maximum} with commas; found '{result.Tokens[0].Value}'.");
                        return values;
                    }

                    numbers.Add(number);
                }

                return numbers.ToImmutable();
            },
        };

    private static double ParseNumber(ArgumentResult result, string name, double maximum)
    {
        string text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number > 0 && number <= maximum)
        {
            return number;
        }

        result.AddError(FormattableString.Invariant($"{name}: expected a number above 0 and up to {maximum}; found '{text}'."));
        return 0;
    }

    private static ImmutableHashSet<Part> ParseParts(ArgumentResult result)
    {
        var parts = ImmutableHashSet.CreateBuilder<Part>();
        foreach (string word in result.Tokens[0].Value.Split(','))
        {
            if (!TryParseName(word, out Part part))
            {
                result.AddError($"--skip: expected {Names<Part>()} with commas; found '{result.Tokens[0].Value}'.");
            }

            parts.Add(part);
        }

        return parts.ToImmutable();
    }

    private static T? ParseName<T>(ArgumentResult result, string name)
        where T : struct, Enum
    {
        string text = result.Tokens[0].Value;
        if (TryParseName(text, out T value))
        {
            return value;
        }

        result.AddError($"{name}: expected {Names<T>()}; found '{text}'.");
        return null;
    }

    private static bool TryParseName<T>(string text, out T value)
        where T : struct, Enum
    {
        value = default;
        return Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) && Enum.TryParse(text, ignoreCase: true, out value);
    }

    private static string Names<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant();
}
