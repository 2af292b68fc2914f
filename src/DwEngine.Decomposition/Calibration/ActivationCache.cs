using DwEngine.Decomposition.Threading;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;

namespace DwEngine.Decomposition.Calibration;

/// <summary>
/// Holds, for every image, the value of one network at a cut point, and moves on with the cut as layers are done, so that no part of the
/// network runs more often than needed. Where values do not fit the bound, they are computed from an earlier cut again, at worst from the
/// images.
/// </summary>
internal sealed class ActivationCache(ICalibrationImages images, GraphInput input, long bytes, int threads)
{
    private GraphInput _cut = input with { DefaultShape = input.DefaultShape.With(0, 1) };
    private float[]?[]? _values;

    /// <summary>Moves the cut as near to the targets as the bound permits.</summary>
    /// <param name="graph">The network; up to the cut it must be what it was before.</param>
    /// <param name="targets">All values that will be read from now on.</param>
    /// <param name="cancellation">Ends the work between two images.</param>
    public void Advance(Graph graph, IReadOnlyCollection<Value> targets, CancellationToken cancellation)
    {
        GraphFacts facts = graph.Infer(graph.Inputs[0].DefaultShape.With(0, 1));
        List<Value> cuts = CutPoints.Find(graph, targets);
        int current = cuts.IndexOf(_cut.Value);
        int next = cuts.FindLastIndex(value => facts[value].Shape.ElementCount * sizeof(float) * images.Count <= bytes);
        // Arrays are used again, so that moving on leaves no garbage; values get smaller towards a network's output.
        if (next > current || (next == current && _values is null))
        {
            float[]?[] values = _values ?? new float[images.Count][];
            ReadAll(graph, cuts[next], cancellation, (image, value) => Keep(ref values[image], value));
            _cut = new GraphInput(cuts[next], facts[cuts[next]].Shape);
            _values = values;
        }
    }

    /// <summary>The part of the network between the cut and a value, for any number of readers; null if the value is the cut.</summary>
    public Model? ModelOf(Graph graph, Value target) => target == _cut.Value ? null : new Model(CutPoints.Between(graph, _cut, target));

    /// <summary>Opens a value for reading, for one thread.</summary>
    public Reader Open(Model? model) => new(this, model);

    private static void Keep(ref float[]? kept, ReadOnlySpan<float> value)
    {
        if (kept is null || kept.Length < value.Length)
        {
            kept = new float[value.Length];
        }

        value.CopyTo(kept);
    }

    private void ReadAll(Graph graph, Value target, CancellationToken cancellation, ReadOnlySpanAction use)
    {
        Model? model = ModelOf(graph, target);
        Workers.For(
            images.Count, threads, () => Open(model), (reader, image) => use(image, reader.Read(image)), reader =>
                reader.Dispose(), cancellation);
    }

    private delegate void ReadOnlySpanAction(int image, ReadOnlySpan<float> value);

    /// <summary>Computes a value for one image at a time.</summary>
    internal sealed class Reader : IDisposable
    {
        private readonly ActivationCache _cache;
        private readonly Session? _session;
        private readonly float[] _input;
        private readonly float[] _output;

        public Reader(ActivationCache cache, Model? model)
        {
            _cache = cache;
            _session = model?.CreateSession();
            _input = cache._values is null ? new float[cache._cut.DefaultShape.ElementCount] : [];
            _output = _session is null ? [] : new float[_session.OutputShape.ElementCount];
        }

        /// <summary>The value for an image, valid until the next call.</summary>
        public ReadOnlySpan<float> Read(int image)
        {
            ReadOnlySpan<float> input = _input;
            if (_cache._values is { } values)
            {
                input = values[image].AsSpan(0, (int)_cache._cut.DefaultShape.ElementCount);
            }
            else
            {
                _cache.ReadImage(image, _input);
            }

            if (_session is null)
            {
                return input;
            }

            _session.Run(input, _output);
            return _output;
        }

        public void Dispose() => _session?.Dispose();
    }

    private void ReadImage(int image, Span<float> nchw) => images.Read(image, nchw);
}
