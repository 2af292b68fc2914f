using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>
/// A place in a graph where a pair of convolutions can stand for a regular one: a convolution with a kernel above 1 x 1 that is not
/// depthwise, the batch norm that follows it, the pointwise convolution that follows these, and that one's batch norm, as far as they are
/// there. Nothing but the next of them reads what one of them makes, so that all of them are one linear map.
/// </summary>
public sealed class DecompositionSite
{
    private readonly Graph _graph;

    private DecompositionSite(Graph graph, Node node, Convolution convolution)
    {
        _graph = graph;
        Node = node;
        Convolution = convolution;
        Node last = node;
        if (convolution.Epilogue == Kernels.Activation.None)
        {
            Norm = Follow<BatchNorm>(ref last);
            if (Reader(last) is { Layer: Convolution { IsPointwise: true, HasResidual: false } pointwise })
            {
                Pointwise = Follow<Convolution>(ref last);
                PointwiseNorm = pointwise.Epilogue == Kernels.Activation.None ? Follow<BatchNorm>(ref last) : null;
            }
        }

        Output = last.Outputs[0];
        Epilogue = last.Layer is Convolution { Epilogue: var epilogue } ? epilogue : Kernels.Activation.None;
        Activation = Epilogue == Kernels.Activation.None ? FollowingClamp() : Epilogue.AsClamp ?? Clamp.None;
    }

    /// <summary>The name of the regular convolution's node.</summary>
    public string Name => Node.Name;

    /// <summary>The node of the regular convolution.</summary>
    public Node Node { get; }

    /// <summary>The regular convolution.</summary>
    public Convolution Convolution { get; }

    /// <summary>The batch norm after the convolution, if there is one.</summary>
    public Node? Norm { get; }

    /// <summary>The pointwise convolution after these, if there is one.</summary>
    public Node? Pointwise { get; }

    /// <summary>The batch norm after the pointwise convolution, if there is one.</summary>
    public Node? PointwiseNorm { get; }

    /// <summary>What the convolution reads.</summary>
    public Value Input => Node.Inputs[0];

    /// <summary>What the last of the nodes makes.</summary>
    public Value Output { get; }

    /// <summary>What the last of the nodes does to its results by itself.</summary>
    public Kernels.Activation Epilogue { get; }

    /// <summary>
    /// The clamp through which every reader sees the responses: <see cref="Epilogue"/> or the activation that follows;
    /// <see cref="Clamp.None"/> where somebody sees them as they are, or through a function that is no clamp.
    /// </summary>
    public Clamp Activation { get; }

    /// <summary>The nodes, in order.</summary>
    public ImmutableArray<Node> Nodes => [.. new[] { Node, Norm, Pointwise, PointwiseNorm }.OfType<Node>()];

    /// <summary>
    /// Groups that are decomposed each on its own: those of the convolution, but 1 where a pointwise convolution mixes them.
    /// </summary>
    public int Groups => Pointwise is null ? Convolution.Groups : 1;

    /// <summary>Whether the convolution reads what a caller feeds: a network's stem.</summary>
    public bool ReadsNetworkInput => _graph.ProducerOf(Input) is null;

    /// <summary>
    /// Whether a weight file has a form for a pair in this place: a 1x1 convolution follows, which the pair takes in, so that the network
    /// keeps its layers and their names.
    /// </summary>
    public bool IsWritable => Pointwise is not null;

    /// <summary>All sites of a graph, from input to output.</summary>
    public static ImmutableArray<DecompositionSite> Find(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return
        [
            .. from node in graph.Nodes
               let convolution = node.Layer as Convolution
               where convolution is { IsDepthwise: false, HasResidual: false, Window.Taps: > 1 }
               select new DecompositionSite(graph, node, convolution),
        ];
    }

    /// <summary>
    /// What the nodes compute but for <see cref="Epilogue"/>: one regular convolution, or one for each of <see cref="Groups"/>.
    /// </summary>
    /// <exception cref="LinearAlgebra.LinearAlgebraException">A weight is NaN or infinite.</exception>
    public ImmutableArray<CompositeConvolution> Fold()
    {
        if (Pointwise is { Layer: Convolution pointwise })
        {
            CompositeConvolution whole = CompositeFolding.FromConvolution(Convolution.Weights, Convolution.Bias, Convolution.Groups);
            return [Then(Then(whole, Norm, 0).ThenPointwise(pointwise.Weights, pointwise.Bias), PointwiseNorm, 0)];
        }

        var groups = ImmutableArray.CreateBuilder<CompositeConvolution>(Groups);
        for (int group = 0; group < Groups; group++)
        {
            CompositeConvolution part = CompositeFolding.FromGroup(Convolution.Weights, Convolution.Bias, Groups, group);
            groups.Add(Then(part, Norm, group * part.Outputs));
        }

        return groups.MoveToImmutable();
    }

    /// <summary>
    /// A graph of nodes that lead from <see cref="Input"/> to <see cref="Output"/>: the site's own or those in their place.
    /// </summary>
    internal Graph PartOf(ImmutableArray<Node> nodes, Shape inputShape) =>
        new(nodes, [new GraphInput(Input, inputShape)], [new GraphOutput(Output.Name, Output)]);

    /// <summary>The site's nodes without <see cref="Epilogue"/>.</summary>
    internal ImmutableArray<Node> LinearNodes()
    {
        ImmutableArray<Node> nodes = Nodes;
        Node last = nodes[^1];
        if (last.Layer is not IActivatedLayer activated)
        {
            return nodes;
        }

        Layer linear = activated.WithEpilogue(Kernels.Activation.None);
        return nodes.SetItem(nodes.Length - 1, new Node(last.Name, linear, last.Inputs, last.Outputs));
    }

    /// <summary>
    /// Puts pairs in the place of the nodes. Where there is a pointwise convolution, all layers keep their names: the batch norm between
    /// the two convolutions becomes the identity, and the bias goes to the last batch norm or, without one, to the pointwise convolution.
    /// Else the two convolutions are named <c>NAME.spatial</c> and <c>NAME.pointwise</c>, and the batch norm is part of them.
    /// </summary>
    /// <param name="rewriter">Changes the graph in which the site was found.</param>
    /// <param name="pairs">One for each of <see cref="Groups"/>, of equal shapes.</param>
    /// <returns>The nodes that are there now.</returns>
    /// <exception cref="DecompositionException">A weight is beyond the range of float.</exception>
    internal ImmutableArray<Node> Replace(GraphRewriter rewriter, ImmutableArray<ConvolutionPair> pairs)
    {
        Tensor spatialWeights = Stack(pairs.Select(pair => pair.SpatialTensor()));
        Tensor pointwiseWeights = Stack(pairs.Select(pair => pair.PointwiseTensor()));
        Tensor bias = Stack(pairs.Select(pair => pair.BiasTensor()));
        var spatial = new Convolution(spatialWeights, null, Convolution.Window, Groups * pairs[0].SpatialGroups);
        var pointwise = new Convolution(
            pointwiseWeights, PointwiseNorm is null ? bias : null, Window.Square(1), Groups, Epilogue);
        if (Pointwise is null)
        {
            var between = new Value($"{Name}.spatial");
            Node first = new(between.Name, spatial, Node.Inputs, [between]);
            Node second = new($"{Name}.pointwise", pointwise, [between], [Output]);
            rewriter.Replace(Node, first, second);
            if (Norm is not null)
            {
                rewriter.Remove(Norm);
            }

            return [first, second];
        }

        return
        [
            .. Swap(Node, spatial),
            .. Swap(Norm, IdentityNorm(spatial.OutputChannels, Norm, null)),
            .. Swap(Pointwise, pointwise),
            .. Swap(PointwiseNorm, IdentityNorm(pointwise.OutputChannels, PointwiseNorm, bias)),
        ];

        IEnumerable<Node> Swap(Node? node, Layer? layer)
        {
            if (node is not null && layer is not null)
            {
                Node replacement = new(node.Name, layer, node.Inputs, node.Outputs);
                rewriter.Replace(node, replacement);
                yield return replacement;
            }
        }
    }

    private static CompositeConvolution Then(CompositeConvolution convolution, Node? norm, int firstChannel)
    {
        if (norm is not { Layer: BatchNorm layer })
        {
            return convolution;
        }

        (double[] scale, double[] shift) = layer.ToAffine();
        return convolution.ThenAffine(scale.AsSpan(firstChannel, convolution.Outputs), shift.AsSpan(firstChannel, convolution.Outputs));
    }

    /// <summary>
    /// A batch norm that only adds a bias. The rounding of 1 - epsilon changes the scale by less than half a unit in the last place of
    /// float, so that the norm, folded or computed in single precision, leaves each weight as it is.
    /// </summary>
    private static BatchNorm? IdentityNorm(int channels, Node? norm, Tensor? bias)
    {
        if (norm is not { Layer: BatchNorm { Epsilon: var epsilon } })
        {
            return null;
        }

        float variance = (float)Math.Max(0, 1 - epsilon);
        return new BatchNorm(
            Fill((float)Math.Sqrt(variance + epsilon)), bias ?? Fill(0), Fill(0), Fill(variance), epsilon);

        Tensor Fill(float value)
        {
            float[] values = new float[channels];
            Array.Fill(values, value);
            return Tensor.FromFloats(new Shape(channels), values);
        }
    }

    private static Tensor Stack(IEnumerable<Tensor> tensors)
    {
        Tensor[] parts = [.. tensors];
        if (parts is [var only])
        {
            return only;
        }

        float[] values = [.. parts.SelectMany(part => part.Floats.ToArray())];
        return Tensor.FromFloats(parts[0].Shape.With(0, parts.Sum(part => part.Shape[0])), values);
    }

    private Node? Follow<TLayer>(ref Node last)
        where TLayer : Layer
    {
        if (Reader(last) is { Layer: TLayer } next)
        {
            last = next;
            return next;
        }

        return null;
    }

    private Clamp FollowingClamp()
    {
        Clamp[] clamps =
            [.. _graph.ConsumersOf(Output).Select(node => (node.Layer as Unary)?.Clamp ?? Clamp.None).Distinct()];
        return clamps is [var only] && !_graph.IsOutput(Output) ? only : Clamp.None;
    }

    // The only reader of what a node makes, or null if there are several or a caller gets it too.
    private Node? Reader(Node node)
    {
        Value value = node.Outputs[0];
        return !_graph.IsOutput(value) && TryGetOnly(_graph.ConsumersOf(value), out Node? reader) ? reader : null;
    }

    private static bool TryGetOnly(IEnumerable<Node> nodes, [NotNullWhen(true)] out Node? only)
    {
        Node[] two = [.. nodes.Take(2)];
        only = two is [var single] ? single : null;
        return only is not null;
    }
}
