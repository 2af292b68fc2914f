using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Passes;
using DwEngine.Planning;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>
/// A network that is ready to run: immutable, and shared by any number of threads and sessions. Weights are packed once for each layout,
/// and a plan is built once for each input shape and instruction set.
/// </summary>
public class Model : IDisposable
{
    private readonly PlanCache _plans = new();
    private readonly Lock _lock = new();
    private int _sessions;
    private bool _disposed;

    /// <summary>Prepares a network.</summary>
    /// <param name="graph">The network as it was built or loaded; the inference passes are run on it here.</param>
    /// <param name="options">What it keeps; null for the default.</param>
    /// <exception cref="GraphException">A pass broke the graph.</exception>
    /// <exception cref="ShapeException">The graph does not fit its default input shapes.</exception>
    public Model(Graph graph, ModelMemoryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        options ??= ModelMemoryOptions.Default;
        Optimized = PassPipeline.Inference.Run(graph);
        if (options.LargeWeights == ElementType.Float16)
        {
            Optimized = new PassPipeline(new StoreLargeWeightsInHalf()).Run(Optimized);
        }

        Graph = options.KeepsOriginal ? graph : Optimized;
    }

    /// <summary>The network as it was given, or <see cref="Optimized"/> if <see cref="ModelMemoryOptions.KeepsOriginal"/> is off.</summary>
    public Graph Graph { get; }

    /// <summary>The network after the inference passes: what sessions run.</summary>
    public Graph Optimized { get; }

    /// <summary>The shape of the first input that a session takes if its options name none.</summary>
    public Shape DefaultInputShape => Graph.Inputs[0].DefaultShape;

    /// <summary>Bytes of all weights that have been packed for kernels so far.</summary>
    public long PackedWeightBytes => Weights.ByteLength;

    internal PackedWeights Weights { get; } = new();

    /// <summary>Creates a session, with memory and threads of its own.</summary>
    /// <param name="options">How it runs; null for the default.</param>
    /// <exception cref="ShapeException">
    /// The network cannot take the input shapes, or needs more memory for it than this process may use.
    /// </exception>
    /// <exception cref="GraphException">The options name an input that the network does not have.</exception>
    /// <exception cref="PlatformNotSupportedException">This CPU lacks the instruction set that the options name.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public Session CreateSession(SessionOptions? options = null)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _sessions++;
        }

        try
        {
            return new Session(this, options ?? SessionOptions.Default);
        }
        catch
        {
            SessionEnded();
            throw;
        }
    }

    /// <summary>Gives the packed weights back: at once, or when the last session is disposed.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            FreeIfUnused();
        }
    }

    /// <summary>A session that was created is disposed.</summary>
    internal void SessionEnded()
    {
        lock (_lock)
        {
            _sessions--;
            FreeIfUnused();
        }
    }

    /// <summary>The plan of a session, and how often it runs for a batch.</summary>
    internal BatchPlan PlanFor(SessionOptions options)
    {
        Isa isa = options.Isa ?? Isas.Best;
        Isas.ThrowIfUnsupported(isa);
        ImmutableArray<Shape> shapes = InputShapes(options);
        GraphFacts facts = Optimized.Infer(shapes.AsSpan());
        foreach (GraphInput input in Optimized.Inputs)
        {
            RequireSpan("input", input.Name, facts[input.Value]);
        }

        foreach (GraphOutput output in Optimized.Outputs)
        {
            RequireSpan("output", output.Name, facts[output.Value]);
        }

        int images = Batching.IndependentImages(facts);
        ImmutableArray<Shape> planned = images == 1 ? shapes : [.. shapes.Select(shape => shape.With(0, 1))];
        int workers = Batching.IsSpread(images, options.Threads) ? 1 : options.Threads;
        Plan plan = _plans.Get(
            new PlanKey(planned, isa, workers), () => Planner.Build(Optimized, planned.AsSpan(), isa, Weights, workers));
        return new BatchPlan(
            plan,
            images,
            [.. Optimized.Inputs.Select(input => facts[input.Value])],
            [.. Optimized.Outputs.Select(output => facts[output.Value])]);
    }

    private static void RequireSpan(string kind, string name, Fact fact)
    {
        if (fact.Shape.ElementCount > int.MaxValue)
        {
            throw new ShapeException(
                $"The {kind} '{name}' of shape {fact.Shape} has {Words.Count(fact.Shape.ElementCount, "element")}; "
                + $"a span holds at most {int.MaxValue}.");
        }
    }

    private void FreeIfUnused()
    {
        if (_disposed && _sessions == 0)
        {
            _plans.Clear();
            Weights.Dispose();
        }
    }

    private ImmutableArray<Shape> InputShapes(SessionOptions options)
    {
        foreach (string name in options.InputShapes.Keys)
        {
            if (Graph.Inputs.All(input => input.Name != name))
            {
                throw Words.UnknownName("input", name, Graph.Inputs.Select(input => input.Name), $"{nameof(Graph)}.{nameof(Graph.Inputs)}");
            }
        }

        if (options.InputShape is { } only)
        {
            return Graph.Inputs.Length == 1 && options.InputShapes.Count == 0
                ? InputBinding.ShapesOf(Graph.Inputs, _ => only)
                : throw new GraphException(
                    $"{nameof(SessionOptions.InputShape)} is for networks with one input; name the shapes in "
                        + $"{nameof(SessionOptions.InputShapes)}.");
        }

        return InputBinding.ShapesOf(Graph.Inputs, input => options.InputShapes.TryGetValue(input.Name, out Shape shape) ? shape : null);
    }
}

/// <summary>A plan and how often it runs for a batch.</summary>
/// <param name="Plan">The plan, for one image of the batch if there are several.</param>
/// <param name="Images">How many images a run computes one by one.</param>
/// <param name="Inputs">What the inputs of the whole batch are.</param>
/// <param name="Outputs">What the outputs of the whole batch are.</param>
internal sealed record BatchPlan(Plan Plan, int Images, ImmutableArray<Fact> Inputs, ImmutableArray<Fact> Outputs);
