using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Tests.LinearAlgebra;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests;

[Properties(Arbitrary = [typeof(ConvolutionSamples)], MaxTest = 40)]
public class CompositeFoldingTests
{
    [Property]
    public void Composite_computes_what_the_layers_compute(LinearChain chain)
    {
        CompositeConvolution composite = chain.Fold();
        Assert.Equal((chain.Outputs, chain.Inputs, chain.Window.Taps), (composite.Outputs, composite.Inputs, composite.Taps));
        Tensor input = chain.Input();
        TensorAssertion.Close(chain.Run(input), LinearChain.Apply(input, AsLayer(composite, chain)), 1e-5);
    }

    [Property]
    public void Groups_side_by_side_are_the_grouped_convolution(LinearChain chain)
    {
        CompositeConvolution whole = CompositeFolding.FromConvolution(chain.First.Weights, chain.First.Bias, chain.Groups);
        int outputs = chain.Middle / chain.Groups;
        int columns = whole.Weights.Columns / chain.Groups;
        double energy = 0;
        for (int group = 0; group < chain.Groups; group++)
        {
            CompositeConvolution part = CompositeFolding.FromGroup(chain.First.Weights, chain.First.Bias, chain.Groups, group);
            MatrixAssert.Close(whole.Weights.Block(group * outputs, group * columns, outputs, columns), part.Weights, 0);
            Assert.True(whole.Bias.Slice(group * outputs, outputs).SequenceEqual(part.Bias));
            energy += Math.Pow(part.Weights.FrobeniusNorm(), 2);
        }

        Assert.Equal(Math.Pow(whole.Weights.FrobeniusNorm(), 2), energy, 1e-9 * energy);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        Tensor weights = LinearChain.Values(1, new Shape(4, 2, 3, 3));
        CompositeConvolution convolution = CompositeFolding.FromConvolution(weights, null);
        Tensor three = LinearChain.Values(1, new Shape(3));
        Assert.Throws<ShapeException>(() => CompositeFolding.FromConvolution(three, null));
        Assert.Throws<ShapeException>(() => CompositeFolding.FromConvolution(weights, three));
        Assert.Throws<ShapeException>(() => CompositeFolding.FromConvolution(weights, null, 3));
        Assert.Throws<ShapeException>(() => CompositeFolding.FromGroup(weights, null, 2, 2));
        Assert.Throws<ShapeException>(() => convolution.ThenAffine([1, 2, 3], [1, 2, 3, 4]));
        Assert.Throws<ShapeException>(() => convolution.ThenPointwise(LinearChain.Values(1, new Shape(5, 3, 1, 1)), null));
        Assert.Throws<ShapeException>(() => convolution.ThenPointwise(LinearChain.Values(1, new Shape(5, 4, 3, 1)), null));
        Assert.Throws<ShapeException>(() => convolution.ThenPointwise(LinearChain.Values(1, new Shape(5, 4, 1, 1)), three));
        Assert.Throws<ShapeException>(() => new CompositeConvolution(new Matrix(2, 10), new double[2], 3, 3));
        Assert.Throws<ShapeException>(() => new CompositeConvolution(new Matrix(2, 9), new double[3], 3, 3));
    }

    [Fact]
    public void Not_a_number_is_refused()
    {
        Tensor weights = Tensor.FromFloats(new Shape(1, 1, 1, 2), [1, float.NaN]);
        Assert.Throws<LinearAlgebraException>(() => CompositeFolding.FromConvolution(weights, null));
        Assert.Throws<LinearAlgebraException>(() => new CompositeConvolution(new Matrix(1, 1), [double.PositiveInfinity], 1, 1));
    }

    private static Convolution AsLayer(CompositeConvolution composite, LinearChain chain)
    {
        float[] weights = Array.ConvertAll(composite.Weights.Values.ToArray(), value => (float)value);
        float[] bias = Array.ConvertAll(composite.Bias.ToArray(), value => (float)value);
        Shape shape = new(composite.Outputs, composite.Inputs, composite.KernelHeight, composite.KernelWidth);
        return new Convolution(Tensor.FromFloats(shape, weights), Tensor.FromFloats(new Shape(bias.Length), bias), chain.Window);
    }
}
