using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Passes;

/// <summary>
/// Makes a fully connected layer of a product with a constant matrix on the right, so that what follows, such as a bias, can be folded into
/// it. The bits stay.
/// </summary>
public sealed class UseFullyConnected : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "use-fully-connected";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (node.Layer is MatrixProduct
                && graph.ConstantOf(node.Inputs[1]) is { Type: ElementType.Float32, Shape: { Rank: 2, ElementCount: > 0 } } matrix)
            {
                var layer = new FullyConnected(Transpose(matrix), null);
                rewriter.Replace(node, new Node(node.Name, layer, [node.Inputs[0]], node.Outputs));
            }
        }

        return rewriter.ToGraph();
    }

    private static Tensor Transpose(Tensor matrix)
    {
        (int rows, int columns) = (matrix.Shape[0], matrix.Shape[1]);
        ReadOnlySpan<float> elements = matrix.Floats;
        float[] transposed = new float[elements.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                transposed[(column * rows) + row] = elements[(row * columns) + column];
            }
        }

        return Tensor.FromFloats(new Shape(columns, rows), transposed);
    }
}
