using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using DwEngine.Simd;
using Microsoft.ML.OnnxRuntime;

namespace DwEngine.Compare;

/// <summary>The command line.</summary>
internal static class CompareCommand
{
    private const int Failed = 1;

    private static readonly Option<string?> s_model = File("--model", "A weight file; together with --onnx, instead of the default networks.");
    private static readonly Option<string?> s_onnx = File("--onnx", "The same network for ONNX Runtime.");
    private static readonly Option<string?> s_name = new("--name") { Description = "What to call the network of --model.", HelpName = "NAME" };
    private static readonly Option<string?> s_models = File("--models", "The folder of the default networks; else shared/models beside the repository.");
    private static readonly Option<ImmutableArray<int>> s_threads = Numbers("--threads", "Thread counts.", [1, 2], 256);
    private static readonly Option<ImmutableArray<int>> s_batch = Numbers("--batch", "Images in one run.", [1, 8], 1024);

    private static readonly Option<double> s_seconds = new("--seconds")
    {
        Description = "Time for each network, thread count and batch, warm-up included.",
        HelpName = "N",
        DefaultValueFactory = _ => 8,
        CustomParser = ParseSeconds,
    };

    private static readonly Option<Isa?> s_isa = new("--isa")
    {
        Description = "Forces the instruction set of DwEngine's kernels: avx512, avx2, neon or portable.",
        HelpName = "ISA",
        CustomParser = ParseIsa,
    };

    private static readonly Option<bool> s_json = new("--json") { Description = "Write JSON, and nothing else, to standard output." };

    /// <summary>Runs one command line; errors are one line on standard error.</summary>
    /// <returns>0 if everything was compared.</returns>
    public static int Run(string[] arguments)
    {
        var root = new RootCommand("Run DwEngine and ONNX Runtime in turns on the same networks and print how their speeds compare.")
        {
            s_model, s_onnx, s_name, s_models, s_threads, s_batch, s_seconds, s_isa, s_json,
        };
        using var cancellation = new CancellationTokenSource();
        root.SetAction(parse => Compare(parse, cancellation.Token));
        // Stopping between two blocks of runs lets the temporary files be deleted.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        ParseResult parse = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parse.Action is ParseErrorAction)
        {
            return Fail(string.Join(" ", parse.Errors.Select(error => error.Message).Distinct()));
        }

        try
        {
            return parse.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            return Fail("stopped");
        }
        catch (Exception error) when (error is CompareException or DwEngineException or OnnxRuntimeException or IOException
            or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return Fail(error.Message);
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            cancellation.Cancel();
        }
    }

    private static int Compare(ParseResult parse, CancellationToken cancellation)
    {
        var options = new CompareOptions
        {
            Pairs = PairsOf(parse),
            Threads = parse.GetValue(s_threads),
            Batches = parse.GetValue(s_batch),
            Budget = TimeSpan.FromSeconds(parse.GetValue(s_seconds)),
            Isa = parse.GetValue(s_isa),
        };
        ComparisonResult result = new Comparison(options, Console.Error).Run(cancellation);
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

    private static ImmutableArray<ModelPair> PairsOf(ParseResult parse)
    {
        string? model = parse.GetValue(s_model), onnx = parse.GetValue(s_onnx);
        if ((model is null) != (onnx is null))
        {
            throw new CompareException("--model and --onnx go together: both name the same network.");
        }

        return model is null
            ? ModelPair.Defaults(parse.GetValue(s_models))
            : [ModelPair.Of(parse.GetValue(s_name) ?? Path.GetFileNameWithoutExtension(model), model, onnx!)];
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"compare: {message.ReplaceLineEndings(" ")}");
        return Failed;
    }

    private static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "PATH" };

    private static Option<ImmutableArray<int>> Numbers(string name, string description, ImmutableArray<int> values, int maximum) => new(name)
    {
        Description = description,
        HelpName = "N,N",
        DefaultValueFactory = _ => values,
        CustomParser = result =>
        {
            var numbers = ImmutableArray.CreateBuilder<int>();
            foreach (string part in result.Tokens[0].Value.Split(','))
            {
                if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < 1 || number > maximum)
                {
                    result.AddError($"{name}: expected whole numbers from 1 to {maximum} with commas; found '{result.Tokens[0].Value}'.");
                    return values;
                }

                numbers.Add(number);
            }

            return numbers.ToImmutable();
        },
    };

    private static double ParseSeconds(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and <= 3600)
        {
            return seconds;
        }

        result.AddError($"--seconds: expected a number above 0 and up to 3600; found '{text}'.");
        return 0;
    }

    private static Isa? ParseIsa(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Enum.GetNames<Isa>().Contains(text, StringComparer.OrdinalIgnoreCase))
        {
            return Enum.Parse<Isa>(text, ignoreCase: true);
        }

        result.AddError($"--isa: expected {string.Join(", ", Enum.GetNames<Isa>()).ToLowerInvariant()}; found '{text}'.");
        return null;
    }
}
