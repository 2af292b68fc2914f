using System.Collections.Concurrent;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Passes;
using DwEngine.Planning;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>
/// A network that is ready to run: immutable, and shared by any number of threads and sessions. Weights are packed once for each layout, and
/// a plan is built once for each input shape and instruction set.
/// </summary>
public sealed class Model
{
    private readonly ConcurrentDictionary<PlanKey, Lazy<Plan>> _plans = new();

    /// <summary>Prepares a network with one input and one output.</summary>
    /// <param name="graph">The network as it was built or loaded; the inference passes are run on it here.</param>
    /// <param name="metadata">What is known of the network beside its layers; null for nothing.</param>
    /// <exception cref="GraphException">The graph has several inputs or outputs, or a pass broke it.</exception>
    /// <exception cref="ShapeException">The graph does not fit its default input shape.</exception>
    public Model(Graph graph, ModelMetadata? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        if (graph.Inputs.Length != 1 || graph.Outputs.Length != 1)
        {
            throw new GraphException($"Expected a graph with one input and one output; found {graph.Inputs.Length} and {graph.Outputs.Length}.");
        }

        Graph = graph;
        Metadata = metadata ?? new ModelMetadata();
        Optimized = PassPipeline.Inference.Run(graph);
    }

    /// <summary>The network as it was given.</summary>
    public Graph Graph { get; }

    /// <summary>The network after the inference passes: what sessions run.</summary>
    public Graph Optimized { get; }

    /// <summary>What is known of the network beside its layers.</summary>
    public ModelMetadata Metadata { get; }

    /// <summary>The shape that a session takes if its options name none.</summary>
    public Shape DefaultInputShape => Graph.Inputs[0].DefaultShape;

    /// <summary>Bytes of all weights that have been packed for kernels so far.</summary>
    public long PackedWeightBytes => Weights.ByteLength;

    internal PackedWeights Weights { get; } = new();

    /// <summary>Creates a session, with memory and threads of its own.</summary>
    /// <param name="options">How it runs; null for the default.</param>
    /// <exception cref="ShapeException">The network cannot take the input shape, or needs more memory for it than this process may use.</exception>
    /// <exception cref="PlatformNotSupportedException">This CPU lacks the instruction set that the options name.</exception>
    public Session CreateSession(SessionOptions? options = null) => new(this, options ?? SessionOptions.Default);

    internal Shape OutputShapeFor(Shape inputShape) => Optimized.InferShapes([inputShape])[Optimized.Outputs[0].Value];

    internal Plan PlanFor(Shape inputShape, Isa isa)
    {
        Isas.ThrowIfUnsupported(isa);
        var key = new PlanKey(inputShape, isa);
        try
        {
            return _plans.GetOrAdd(key, k => new Lazy<Plan>(() => Planner.Build(Optimized, [k.InputShape], k.Isa, Weights))).Value;
        }
        catch
        {
            // A Lazy keeps its exception; the next caller shall get a fresh try and a fresh stack.
            _plans.TryRemove(key, out _);
            throw;
        }
    }

    private readonly record struct PlanKey(Shape InputShape, Isa Isa);
}
