using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Passes;

/// <summary>
/// What nodes read that never changes. Only what a <see cref="Constant"/> holds counts: what follows from the shapes of the inputs is
/// another at other sizes.
/// </summary>
internal static class ConstantOperands
{
    /// <summary>The content of a value, or null if it is not that of a <see cref="Constant"/>.</summary>
    public static Tensor? ConstantOf(this Graph graph, Value value) =>
        graph.ProducerOf(value)?.Layer is Constant constant ? constant.Value : null;

    /// <summary>The only element of a Float32 constant, or null if the value is no such constant.</summary>
    public static float? ScalarOf(this Graph graph, Value value) =>
        graph.ConstantOf(value) is { Type: ElementType.Float32, Shape.ElementCount: 1 } constant ? constant.Floats[0] : null;

    /// <summary>Whether all that a node reads after its first input are constants.</summary>
    public static bool HasFixedOperands(this Graph graph, Node node) =>
        node.Inputs.Skip(1).All(value => graph.ConstantOf(value) is not null);

    /// <summary>What is known of a node's inputs if all but the first are constants; else null.</summary>
    public static Fact[]? FixedFacts(this GraphFacts facts, Node node) =>
        facts.Graph.HasFixedOperands(node) ? [.. facts.InputsOf(node)] : null;
}
