using System.Globalization;
using DwEngine.Formats;
using DwEngine.Planning;
using DwEngine.Runtime;
using DwEngine.Simd;

namespace DwEngine.Benchmarks.Roofline;

/// <summary>
/// <c>--roofline MODEL [--threads N]</c>: sets the time of each layer against what its multiply-adds take at the peak and its bytes at the
/// bandwidth of the cache that must hold them, all measured in the same run, and prints a Markdown table.
/// </summary>
internal static class RooflineCommand
{
    /// <summary>The option.</summary>
    public const string Option = "--roofline";

    private const string ThreadsOption = "--threads";
    private const int Runs = 400;
    private const long KiB = 1024, MiB = 1024 * KiB;

    // Names, sizes of the blocks that stand for them, and the most weights that are taken to stay there from one run to the next.
    private static readonly (string Name, long Block, long MostWeights)[] s_levels =
        [("L2", 512 * KiB, 512 * KiB), ("L3", 8 * MiB, 16 * MiB), ("memory", 256 * MiB, long.MaxValue)];

    /// <summary>Whether a command line asks for this.</summary>
    public static bool IsAskedFor(string[] arguments) => arguments is [Option, ..];

    /// <summary>Does it; an error is one line.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter errors)
    {
        try
        {
            (string file, int threads) = Parse(arguments);
            Model model = ModelFile.Load(file);
            using Session session = model.CreateSession(new SessionOptions { Threads = threads });
            Write(session, output);
            return 0;
        }
        catch (Exception error) when (error is ArgumentException or DwEngineException or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"{Option}: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    private static (string File, int Threads) Parse(string[] arguments) => arguments switch
    {
        [Option, var file] when !IsOption(file) => (file, 1),
        [Option, var file, ThreadsOption, var count] when !IsOption(file) => (file, ParseThreads(count)),
        [Option, ThreadsOption, var count, var file] when !IsOption(file) => (file, ParseThreads(count)),
        _ => throw new ArgumentException($"expected {Option} MODEL [{ThreadsOption} N]; found '{string.Join(' ', arguments)}'"),
    };

    private static bool IsOption(string text) => text.Length == 0 || text[0] == '-';

    private static int ParseThreads(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int threads)
            && threads is >= 1 and <= SessionOptions.MaxThreads
            ? threads
            : throw new ArgumentException(
                $"{ThreadsOption}: expected a whole number from 1 to {SessionOptions.MaxThreads}; found '{text}'");

    private static void Write(Session session, TextWriter output)
    {
        var peak = new PeakMeter(session.Isa);
        BandwidthMeter[] bandwidths = [.. s_levels.Select(level => new BandwidthMeter(session.Isa, level.Block))];
        try
        {
            Sample();
            MeasuredStep[] steps = Measure(session);
            Sample();
            long weights = LayerWork.AllWeightBytes(session.Model.Optimized);
            int weightLevel = Array.FindIndex(s_levels, level => weights <= level.MostWeights);
            int cores = session.Threads;
            var ceilings = new Ceilings(
                cores * peak.GigaMacsPerSecond, cores * bandwidths[0].GigaBytesPerSecond,
                cores * bandwidths[weightLevel].GigaBytesPerSecond);
            string rates = string.Join(
                ", ", s_levels.Zip(bandwidths, (level, meter) => Text($"{level.Name} {meter.GigaBytesPerSecond:f1}")));
            output.Write(Text($"Input {session.InputShape}, {session.Isa}, threads {cores}; one core: "));
            output.WriteLine(Text($"{peak.GigaMacsPerSecond:f1} G multiply-adds a second, reads in GB/s: {rates}."));
            output.Write(Text($"Weights ({weights / (double)MiB:f1} MiB in all) come from {s_levels[weightLevel].Name}, "));
            output.WriteLine(Text($"activations from {s_levels[0].Name}."));
            output.WriteLine();
            output.WriteLine(RooflineRow.Heading);
            foreach (RooflineRow row in RooflineRow.Of(steps))
            {
                output.WriteLine(row.ToMarkdown(ceilings));
            }
        }
        finally
        {
            Array.ForEach(bandwidths, meter => meter.Dispose());
        }

        void Sample()
        {
            peak.Sample();
            Array.ForEach(bandwidths, meter => meter.Sample());
        }
    }

    private static MeasuredStep[] Measure(Session session)
    {
        double[] inRun = MeasureRuns(session);
        Plan plan = session.Plan;
        return [.. LayerWork.Of(session).Select(
            (work, step) => new MeasuredStep(work, inRun[step], LoneKernel.Measure(plan.Steps[step], work.LongestPlane)))];
    }

    // The median of each step in microseconds.
    private static double[] MeasureRuns(Session session)
    {
        var random = new Random(1);
        float[] input = new float[session.InputShape.ElementCount], logits = new float[session.OutputShape.ElementCount];
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = (2 * random.NextSingle()) - 1;
        }

        var durations = new TimeSpan[session.Steps.Length];
        WarmUp.Run(() => session.Profile(input, logits, durations));
        double[][] times = [.. durations.Select(_ => new double[Runs])];
        for (int run = 0; run < Runs; run++)
        {
            session.Profile(input, logits, durations);
            for (int step = 0; step < times.Length; step++)
            {
                times[step][run] = durations[step].TotalMilliseconds;
            }
        }

        return [.. times.Select(each => 1000 * new Timing(each).Median)];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
