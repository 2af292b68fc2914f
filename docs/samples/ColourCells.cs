using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Samples;

/// <summary>
/// A detector that needs no training, so that the samples run without a file: it finds the cells of a grid of 8 x 8 that shine in one
/// colour. Its output is FastestDet's, so a trained one takes its place without a change.
/// </summary>
internal static class ColourCells
{
    /// <summary>Width and height of the input.</summary>
    public const int Size = 128;

    /// <summary>Cells in each direction.</summary>
    public const int Grid = 8;

    /// <summary>The classes, in the network's order.</summary>
    public static readonly string[] Labels = ["blue", "green", "red", "white"];

    /// <summary>The network: 1 x 3 x 128 x 128, blue, green and red from 0 to 1, to 1 x 9 x 8 x 8.</summary>
    public static Graph Build()
    {
        const float Steepness = 20;
        ValueHandle picture = new GraphBuilder().Input("picture", new Shape(1, 3, Size, Size));
        ValueHandle mean = picture.AveragePool(Window.Square(Size / Grid, Size / Grid, 0), name: "mean");

        // An object where the three means add up to more than 0.6; white where they are alike, else the strongest.
        ValueHandle isObject = Pointwise(mean, [Steepness, Steepness, Steepness], [-0.6f * Steepness]).Sigmoid("object");
        ValueHandle classes = Pointwise(
            mean,
            [
                Steepness, 0, 0,
                0, Steepness, 0,
                0, 0, Steepness,
                Steepness / 2, Steepness / 2, Steepness / 2,
            ],
            [0, 0, 0, 0]).Softmax(1, "class");

        // The box is the cell: its centre half a cell on, each side a share of 1 / 8.
        float half = MathF.Atanh(0.5f), side = -MathF.Log(Grid - 1);
        ValueHandle box = Pointwise(mean, new float[12], [half, half, side, side]);
        return picture.Builder.Build(("cells", isObject.Concat(box, classes)));
    }

    private static ValueHandle Pointwise(ValueHandle x, float[] weights, float[] bias) => x.Convolution(
        Tensor.FromFloats(new Shape(bias.Length, 3, 1, 1), weights),
        Tensor.FromFloats(new Shape(bias.Length), bias),
        Window.Square(1, 1, 0));
}
