using DwEngine.Decomposition.Tests.LinearAlgebra;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;
using FsCheck;
using FsCheck.Fluent;

namespace DwEngine.Decomposition.Tests;

/// <summary>A convolution, a batch norm, a pointwise convolution and another batch norm, of random shapes and values.</summary>
public sealed record LinearChain(int Inputs, int Middle, int Outputs, int Groups, Window Window, int Seed)
{
    public Convolution First { get; } = new(
        Values(Seed, new Shape(Middle, Inputs / Groups, Window.KernelHeight, Window.KernelWidth)),
        Values(Seed + 1, new Shape(Middle)),
        Window,
        Groups);

    public BatchNorm FirstNorm { get; } = Norm(Seed + 2, Middle);

    public Convolution Pointwise { get; } = new(
        Values(Seed + 3, new Shape(Outputs, Middle, 1, 1)), Values(Seed + 4, new Shape(Outputs)), Window.Square(1));

    public BatchNorm SecondNorm { get; } = Norm(Seed + 5, Outputs);

    public CompositeConvolution Fold()
    {
        (double[] firstScale, double[] firstShift) = FirstNorm.ToAffine();
        (double[] secondScale, double[] secondShift) = SecondNorm.ToAffine();
        return CompositeFolding.FromConvolution(First.Weights, First.Bias, Groups)
            .ThenAffine(firstScale, firstShift)
            .ThenPointwise(Pointwise.Weights, Pointwise.Bias)
            .ThenAffine(secondScale, secondShift);
    }

    public Tensor Input() => Values(Seed + 6, new Shape(2, Inputs, 9, 8));

    public Tensor Run(Tensor input) => Apply(input, First, FirstNorm, Pointwise, SecondNorm);

    public static Tensor Apply(Tensor input, params ReadOnlySpan<Layer> layers)
    {
        foreach (Layer layer in layers)
        {
            input = layer.Reference([input])[0];
        }

        return input;
    }

    public static Tensor Values(int seed, Shape shape)
    {
        double[] values = MatrixSamples.Gaussian(1, (int)shape.ElementCount, new Random(seed)).Values.ToArray();
        return Tensor.FromFloats(shape, Array.ConvertAll(values, value => (float)value));
    }

    private static BatchNorm Norm(int seed, int channels)
    {
        Shape shape = new(channels);
        Tensor variance = Tensor.FromFloats(shape, Array.ConvertAll(Values(seed, shape).Floats.ToArray(), value => 0.5f + Math.Abs(value)));
        return new BatchNorm(Values(seed + 10, shape), Values(seed + 11, shape), Values(seed + 12, shape), variance, epsilon: 0.1);
    }
}

/// <summary>Generators for <see cref="LinearChain"/>; named in the Properties attribute of the test classes.</summary>
public static class ConvolutionSamples
{
    public static Arbitrary<LinearChain> LinearChain() =>
        (from groups in Gen.Choose(1, 3)
         from inputs in Gen.Choose(1, 3)
         from middle in Gen.Choose(1, 3)
         from outputs in Gen.Choose(1, 12)
         from height in Gen.Choose(1, 3)
         from width in Gen.Choose(1, 4)
         from stride in Gen.Choose(1, 2)
         from dilation in Gen.Choose(1, 2)
         from padding in Gen.Choose(0, 2)
         from seed in Gen.Choose(0, 1_000_000)
         let window = Window.Square(1) with
         {
             KernelHeight = height,
             KernelWidth = width,
             StrideY = stride,
             StrideX = 3 - stride,
             PadTop = padding,
             PadLeft = 2 - padding,
             DilationY = dilation,
             DilationX = 3 - dilation,
         }
         select new LinearChain(inputs * groups, middle * groups, outputs, groups, window, seed)).ToArbitrary();
}
