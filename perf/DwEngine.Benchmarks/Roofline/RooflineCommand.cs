using System.Globalization;
using DwEngine.Formats;
using DwEngine.Networks;
using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks.Roofline;

/// <summary>
/// <c>--roofline MODEL... [--threads N]</c>: sets the time of each layer against what its multiply-adds take at the peak and its bytes at
/// the bandwidth of the cache that must hold them, all measured in the same run, and prints a Markdown table; of several models only the
/// totals. A model is a file or the name of a network with random weights.
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
            (string[] models, int threads) = Parse(arguments);
            Write(models, threads, output);
            return 0;
        }
        catch (Exception error) when (error is ArgumentException or DwEngineException or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"{Option}: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    private static (string[] Models, int Threads) Parse(string[] arguments)
    {
        int threads = 1;
        List<string> models = [.. arguments[1..]];
        if (models.IndexOf(ThreadsOption) is >= 0 and var place && place + 1 < models.Count)
        {
            threads = ParseThreads(models[place + 1]);
            models.RemoveRange(place, 2);
        }

        return models.Count > 0 && !models.Any(text => text.Length == 0 || text[0] == '-')
            ? ([.. models], threads)
            : throw new ArgumentException($"expected {Option} MODEL... [{ThreadsOption} N]; found '{string.Join(' ', arguments)}'");
    }

    private static Model Load(string model) => RandomNetworks.TryBuild(model) is { } random ? new Model(random)
        : OnnxFile.IsOnnx(model) ? new Model(OnnxFile.Load(model).Graph)
        : ModelFile.Load(model);

    private static int ParseThreads(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int threads)
            && threads is >= 1 and <= SessionOptions.MaxThreads
            ? threads
            : throw new ArgumentException(
                $"{ThreadsOption}: expected a whole number from 1 to {SessionOptions.MaxThreads}; found '{text}'");

    private static void Write(string[] models, int cores, TextWriter output)
    {
        var peak = new PeakMeter(Isas.Best);
        BandwidthMeter[] bandwidths = [.. s_levels.Select(level => new BandwidthMeter(Isas.Best, level.Block))];
        try
        {
            Sample();
            var measured = new List<(string Name, Shape Input, MeasuredStep[] Steps, long Weights)>();
            foreach (string name in models)
            {
                using Model model = Load(name);
                using Session session = model.CreateSession(new SessionOptions { Threads = cores });
                measured.Add((name, session.Inputs[0].Shape, Measure(session), LayerWork.AllWeightBytes(model.Optimized)));
                Sample();
            }

            string rates = string.Join(
                ", ", s_levels.Zip(bandwidths, (level, meter) => Text($"{level.Name} {meter.GigaBytesPerSecond:f1}")));
            output.Write(Text($"{Isas.Best}, threads {cores}; one core: {peak.GigaMacsPerSecond:f1} G multiply-adds a second, "));
            output.WriteLine($"reads in GB/s: {rates}. Activations come from {s_levels[0].Name}.");
            foreach ((string name, Shape input, _, long weights) in measured)
            {
                output.Write(Text($"{Path.GetFileName(name)}: input {input}; weights, {weights / (double)MiB:f1} MiB in all, come from "));
                output.WriteLine($"{s_levels[LevelOf(weights)].Name}.");
            }

            output.WriteLine();
            output.WriteLine(RooflineRow.Heading);
            foreach ((string name, _, MeasuredStep[] steps, long weights) in measured)
            {
                var ceilings = new Ceilings(
                    cores * peak.GigaMacsPerSecond, cores * bandwidths[0].GigaBytesPerSecond,
                    cores * bandwidths[LevelOf(weights)].GigaBytesPerSecond);
                foreach (RooflineRow row in models.Length > 1 ? [new RooflineRow(Path.GetFileName(name), steps)] : RooflineRow.Of(steps))
                {
                    output.WriteLine(row.ToMarkdown(ceilings));
                }
            }
        }
        finally
        {
            Array.ForEach(bandwidths, meter => meter.Dispose());
        }

        static int LevelOf(long weights) => Array.FindIndex(s_levels, level => weights <= level.MostWeights);

        void Sample()
        {
            peak.Sample();
            Array.ForEach(bandwidths, meter => meter.Sample());
        }
    }

    private static MeasuredStep[] Measure(Session session)
    {
        double[] inRun = MeasureRuns(session);
        using var lone = new LoneKernel(session);
        return [.. LayerWork.Of(session).Select((work, step) => new MeasuredStep(work, inRun[step], lone.Measure(step)))];
    }

    // The median of each step in microseconds.
    private static double[] MeasureRuns(Session session)
    {
        var random = new Random(1);
        foreach (ref float value in session.Input<float>(session.Inputs[0].Name))
        {
            value = (2 * random.NextSingle()) - 1;
        }

        var durations = new TimeSpan[session.Steps.Length];
        WarmUp.Run(() => session.Profile(durations));
        double[][] times = [.. durations.Select(_ => new double[Runs])];
        for (int run = 0; run < Runs; run++)
        {
            session.Profile(durations);
            for (int step = 0; step < times.Length; step++)
            {
                times[step][run] = durations[step].TotalMilliseconds;
            }
        }

        return [.. times.Select(each => 1000 * new Timing(each).Median)];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
