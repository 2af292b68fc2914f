using System.Diagnostics;
using DwEngine.Graphs;
using DwEngine.Runtime;

namespace DwEngine.Decomposition;

/// <summary>Measures two forms of a layer against each other, on one thread, in turns, so that a change of the clock hits both.</summary>
internal static class LayerTimer
{
    private const int WarmUps = 3;
    private const int Rounds = 15;
    private static readonly TimeSpan s_round = TimeSpan.FromMilliseconds(0.4);

    /// <summary>The median milliseconds of a run of each graph, for its default input shape.</summary>
    public static (double Before, double After) Compare(Graph before, Graph after)
    {
        using var first = new Runner(before);
        using var second = new Runner(after);
        double[] firstTimes = new double[Rounds], secondTimes = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            firstTimes[round] = first.Measure();
            secondTimes[round] = second.Measure();
        }

        Array.Sort(firstTimes);
        Array.Sort(secondTimes);
        return (firstTimes[Rounds / 2], secondTimes[Rounds / 2]);
    }

    private sealed class Runner : IDisposable
    {
        private readonly Session _session;
        private readonly float[] _input;
        private readonly float[] _output;
        private readonly int _runs;

        public Runner(Graph graph)
        {
            _session = new Model(graph).CreateSession();
            _input = new float[_session.InputShape.ElementCount];
            _output = new float[_session.OutputShape.ElementCount];
            // Any values that are neither zero nor denormal.
            Array.Fill(_input, 0.5f);
            double once = Enumerable.Range(0, WarmUps).Min(_ => Time(1));
            _runs = (int)Math.Clamp(s_round.TotalMilliseconds / once, 1, 1000);
        }

        public double Measure() => Time(_runs) / _runs;

        public void Dispose() => _session.Dispose();

        private double Time(int runs)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < runs; i++)
            {
                _session.Run(_input, _output);
            }

            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }
}
