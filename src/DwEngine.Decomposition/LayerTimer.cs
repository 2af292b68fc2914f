using System.Diagnostics;
using DwEngine.Graphs;
using DwEngine.Runtime;

namespace DwEngine.Decomposition;

/// <summary>
/// Measures two forms of a layer or network against each other, on one thread, in turns, so that a change of the clock hits both. What has
/// the same geometry is measured once, so that equal layers get equal figures and equal decisions.
/// </summary>
internal sealed class LayerTimer
{
    private const double Noise = 0.03;
    private const int Rounds = 15;
    private const int RunsPerTurn = 4;

    private const int FewestTurns = 2;

    private static readonly TimeSpan s_round = TimeSpan.FromMilliseconds(0.4);

    private readonly Dictionary<string, (double Before, double After)> _known = new(StringComparer.Ordinal);
    private bool _isWarm;

    /// <summary>Whether a time is below another by more than the times of equal layers differ.</summary>
    public static bool IsFaster(double before, double after) => after < before * (1 - Noise);

    /// <summary>The median milliseconds of a run of each graph, for its default input shape.</summary>
    public (double Before, double After) Compare(Graph before, Graph after)
    {
        string key = $"{GraphIdentity.Geometry(before)} | {GraphIdentity.Geometry(after)}";
        if (!_known.TryGetValue(key, out (double, double) times))
        {
            _known[key] = times = Measure(before, after);
        }

        return times;
    }

    private (double Before, double After) Measure(Graph before, Graph after)
    {
        using var first = new Runner(before);
        using var second = new Runner(after);
        if (!_isWarm)
        {
            // What calls the kernels is warm from the first comparison on.
            WarmUp.Run(RunBoth);
            _isWarm = true;
        }

        for (int turn = 0; turn < FewestTurns; turn++)
        {
            RunBoth();
        }

        int firstRuns = first.RunsIn(s_round), secondRuns = second.RunsIn(s_round);
        double[] firstTimes = new double[Rounds], secondTimes = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            firstTimes[round] = first.Measure(firstRuns);
            secondTimes[round] = second.Measure(secondRuns);
        }

        return (new Timing(firstTimes).Median, new Timing(secondTimes).Median);

        void RunBoth()
        {
            first.Measure(RunsPerTurn);
            second.Measure(RunsPerTurn);
        }
    }

    // All that time depends on: no weights, no names.
    private sealed class Runner : IDisposable
    {
        private readonly Session _session;
        private readonly float[] _input;
        private readonly float[] _output;

        public Runner(Graph graph)
        {
            _session = new Model(graph).CreateSession();
            _input = new float[_session.InputShape.ElementCount];
            _output = new float[_session.OutputShape.ElementCount];
            // Any values that are neither zero nor denormal.
            Array.Fill(_input, 0.5f);
        }

        /// <summary>How many runs take about that long.</summary>
        public int RunsIn(TimeSpan time) => (int)Math.Clamp(time.TotalMilliseconds / Measure(1), 1, 1000);

        /// <summary>The mean milliseconds of several runs.</summary>
        public double Measure(int runs)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < runs; i++)
            {
                _session.Run(_input, _output);
            }

            return Stopwatch.GetElapsedTime(start).TotalMilliseconds / runs;
        }

        public void Dispose() => _session.Dispose();
    }
}
