using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Passes;
using DwEngine.Tensors;
using Xunit;
using static DwEngine.Tests.Passes.PlanComparison;

namespace DwEngine.Tests.Passes;

/// <summary>Constants and norms that become a part of the convolution or matrix beside them.</summary>
public class FoldAffineTests
{
    public static TheoryData<string> Operations { get; } = new("Add", "Sub", "Mul", "Div");

    [Theory]
    [MemberData(nameof(Operations))]
    public void Constants_go_into_the_convolution_before(string operation)
    {
        string kernel = operation.ToLowerInvariant();
        foreach (int[] dimensions in new int[][] { [], [1], [6, 1, 1], [1, 6, 1, 1], [1, 1, 1, 1] })
        {
            Check(
                new FoldAffine(), x => Binary(operation, x.Convolve(3), Constant(x, dimensions)), $"general {kernel}",
                "general", false, null,
                new Shape(2, 6, 4, 5));
        }

        Check(
            new FoldAffine(), x => Binary(operation, x.Convolve(3, 6, hasBias: false), Constant(x, [6, 1, 1])), $"depthwise-3x3 {kernel}",
            "depthwise-3x3");
        if (operation != "Div")
        {
            Check(new FoldAffine(), x => Binary(operation, Constant(x, [6, 1, 1]), x.Convolve()), $"pointwise {kernel}", "pointwise");
        }
        else
        {
            Stays(new FoldAffine(), x => Binary(operation, Constant(x, [6, 1, 1]), x.Convolve()));
        }
    }

    [Fact]
    public void A_bias_and_a_scale_become_one_layer_with_the_matrix_before()
    {
        var matrix = new Shape(3, 5);
        Tensor weights = Weights(2, new Shape(4, 5));
        Check(
            new FoldAffine(), x => x.FullyConnected(weights, null).Add(x.Numbers(1, 4)),
            "fully-connected add", "fully-connected", false, matrix,
            new Shape(1, 5));
        Check(
            new FoldAffine(), x => x.FullyConnected(weights, null).Multiply(x.Numbers(1, 1, 4)),
            "fully-connected mul", "fully-connected", false, matrix);
        Stays(new FoldAffine(), x => x.FullyConnected(weights, null).Add(x.Numbers(1, 3, 4)), matrix);
        Stays(new FoldAffine(), x => x.FullyConnected(weights, null).Add(x.Numbers(1, 1, 1, 4)), matrix);
    }

    [Fact]
    public void What_differs_by_pixels_or_adds_axes_or_is_read_elsewhere_stays()
    {
        Stays(new FoldAffine(), x => x.Convolve().Add(x.Numbers(1, 11)));
        Stays(new FoldAffine(), x => x.Convolve().Add(x.Numbers(1, 9, 11)));
        Stays(new FoldAffine(), x => x.Convolve().Add(x.Numbers(1, 2, 6, 1, 1)), new Shape(2, 6, 3, 3));
        Stays(new FoldAffine(), x => x.Convolve().Add(x.Numbers(1, 1, 1, 6, 1, 1)));
        Stays(new FoldAffine(), x => x.Convolve().Divide(x.Number(0)));
        Stays(new FoldAffine(), x => x.Convolve().Relu().Add(x.Convolve().Relu()));
        Stays(new FoldAffine(), x =>
        {
            ValueHandle y = x.Convolve();
            return y.Add(x.Numbers(1, 6, 1, 1)).Multiply(y);
        });
    }

    [Fact]
    public void Constants_without_a_convolution_become_one_scale_and_shift()
    {
        Check(
            new FoldAffine(), x => x.Subtract(x.Numbers(1, 6, 1, 1)).Divide(x.Numbers(2, 1, 6, 1, 1)),
            "sub div", "scale-shift", false, null,
            new Shape(3, 6, 2, 2));
        Check(
            new FoldAffine(), x => x.Multiply(x.Number(2)).BatchNorm(Weights(1, new Shape(6)), Weights(2, new Shape(6)), Weights(3,
            new Shape(6)), Weights(4, new Shape(6), 1, 2)),
            "mul scale-shift", "scale-shift");
        // Nothing says that axis 1 has this length at every size, or the constant repeats the only channel.
        Stays(new FoldAffine(), x => x.Multiply(x.Number(2)).Add(x.Number(1)));
        Stays(new FoldAffine(), x => x.Multiply(x.Numbers(1, 6, 1, 1)).Add(x.Numbers(2, 6, 1, 1)), new Shape(1, 1, 4, 4));
    }

    [Fact]
    public void Norms_and_constants_go_into_the_convolution_that_follows_where_it_does_not_pad()
    {
        var pass = new FoldBatchNormIntoNext();
        Check(pass, x => Norm(x).Convolve(), "scale-shift pointwise", "pointwise", false, null, new Shape(2, 6, 3, 4));
        Check(pass, x => Norm(x).Convolve(3, 1, 0, hasBias: false), "scale-shift general", "general");
        Check(pass, x => Norm(x).Convolve(3, 2, 0), "scale-shift general", "general");
        Check(pass, x => Norm(x).Convolve(3, 6, 0), "scale-shift depthwise-rows", "depthwise-rows");
        Check(pass, x => x.Multiply(x.Numbers(1, 6, 1, 1)).Convolve(3, 2), "mul general", "general");
        Check(pass, x => x.Divide(x.Number(255)).Convolve(3), "div general", "general");
        Check(
            pass, x => x.BatchNorm(Weights(1, new Shape(5)), Weights(2, new Shape(5)), Weights(3, new Shape(5)), Weights(4,
            new Shape(5), 1, 2))
                .FullyConnected(Weights(2, new Shape(4, 5)), null),
                "scale-shift fully-connected", "fully-connected", false, new Shape(3, 5));
        Stays(pass, x => Norm(x).Convolve(3));
        Stays(pass, x => Norm(x).Relu().Convolve());
        Stays(pass, x =>
        {
            ValueHandle y = Norm(x);
            return y.Convolve().Add(y);
        });
        // The constant makes six channels of one.
        Stays(pass, x => x.Multiply(x.Numbers(1, 6, 1, 1)).Convolve(), new Shape(1, 1, 4, 4));
    }

    [Fact]
    public void A_product_with_a_constant_matrix_is_a_fully_connected_layer()
    {
        var rows = new Shape(2, 3, 5);
        Check(
            new UseFullyConnected(), x => x.MatMul(x.Numbers(1, 5, 4)),
            "fully-connected", "fully-connected", true, rows, new Shape(1, 7, 5));
        Check(
            new WholePipeline(), x => x.MatMul(x.Numbers(1, 5, 4)).Add(x.Numbers(2, 4)).Relu(),
            "fully-connected add relu", "fully-connected", false, rows);
        Check(new UseFullyConnected(), x => x.MatMul(x.Numbers(1, 5, 4)), "fully-connected", "fully-connected", true, new Shape(5));
        Stays(new UseFullyConnected(), x => x.Numbers(1, 4, 5).MatMul(x), new Shape(5, 3));
        Stays(new UseFullyConnected(), x => x.MatMul(x.Numbers(1, 2, 5, 4)), rows);
    }

    private static ValueHandle Norm(ValueHandle x) =>
        x.BatchNorm(Weights(1, new Shape(6)), Weights(2, new Shape(6)), Weights(3, new Shape(6)), Weights(4, new Shape(6), 1, 2));

    private static ValueHandle Constant(ValueHandle x, int[] dimensions) => x.Numbers(5, dimensions);

    private static ValueHandle Binary(string operation, ValueHandle left, ValueHandle right) =>
        left.Builder.Apply(new Binary(operation), [left, right])[0];
}
