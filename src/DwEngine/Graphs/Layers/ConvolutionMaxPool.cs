using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Pooling;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// A convolution and the max pooling of its results, with a 3x3 window and stride 2, as one layer: what
/// <see cref="Passes.FuseMaxPool"/> makes of the two, so that what lies between them need not go to memory.
/// </summary>
/// <param name="convolution">The convolution.</param>
/// <param name="pool">The window of the pooling: 3x3, stride 2, at most 1 row or column of padding on each side.</param>
public sealed class ConvolutionMaxPool(Convolution convolution, Window pool) : FloatLayer
{
    private readonly MaxPool _pool = new(MaxPoolProblem.IsRowByRow(pool)
        ? pool
        : throw new GraphException($"expected pooling of 3x3, stride 2 and padding of 0 or 1; found {pool}."));

    /// <inheritdoc/>
    public override string Kind => "ConvolutionMaxPool";

    /// <summary>The convolution.</summary>
    public Convolution Convolution { get; } = convolution is { HasResidual: false }
        ? convolution
        : throw new GraphException("expected a convolution without a residual.");

    /// <summary>The window of the pooling that it does.</summary>
    public Window Pool => _pool.Window;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [.. Convolution.Attributes, new("pool", Pool.ToString())];

    /// <inheritdoc/>
    public override ImmutableArray<LayerParameter> Parameters => Convolution.Parameters;

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs) =>
        _pool.InferShapes(Convolution.InferShapes(inputs).AsSpan());

    /// <inheritdoc/>
    internal override long MultiplyAdds(ReadOnlySpan<Shape> inputs) => Convolution.MultiplyAdds(inputs);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) =>
        _pool.Reference(Convolution.Reference(inputs).AsSpan());

    internal override void Lower(ILowering lowering)
    {
        ConvolutionProblem problem = Convolution.Problem(lowering.InputShape(0));
        Window pool = Pool.For(problem.Geometry.OutputHeight, problem.Geometry.OutputWidth);
        var pooled = new ConvolutionMaxPoolProblem(problem, pool);
        if (lowering.IsSolvable(pooled))
        {
            lowering.Emit(pooled, [lowering.Input(0)], lowering.Allocate(0));
            return;
        }

        Shape shape = Convolution.InferShapes([lowering.InputShape(0)])[0];
        Planes between = lowering.AllocateBetween(shape, Planes.StandardAxes(shape));
        lowering.EmitBetween(problem, [lowering.Input(0)], between, shape);
        lowering.Emit(new MaxPoolProblem(between.Count, shape[2], shape[3], pool), [between], lowering.Allocate(0));
    }
}
