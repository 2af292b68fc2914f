using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>The functions that <see cref="Activation"/> applies.</summary>
public enum ActivationFunction
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>min(max(x, 0), 6).</summary>
    Relu6,
}

/// <summary>Facts about activation functions.</summary>
public static class ActivationFunctions
{
    /// <summary>The clamp that equals the function. A function that is no clamp needs a kernel of its own, not an entry here.</summary>
    public static Clamp ToClamp(this ActivationFunction function) => function switch
    {
        ActivationFunction.Relu => Clamp.Relu,
        ActivationFunction.Relu6 => Clamp.Relu6,
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "Unknown activation function."),
    };
}

/// <summary>A function of each element on its own.</summary>
public sealed class Activation(ActivationFunction function) : FloatLayer
{
    /// <inheritdoc/>
    public override string Kind => Function.ToString();

    /// <summary>Which function.</summary>
    public ActivationFunction Function { get; } =
        Enum.IsDefined(function) ? function : throw new GraphException($"{function} is not an activation function.");

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs) => [inputs[0]];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        float[] output = NewBuffer(inputs[0].Shape);
        ClampReference.Run(inputs[0].Floats, Function.ToClamp(), output);
        return [Tensor.FromFloats(inputs[0].Shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Planes input = lowering.Input(0);
        lowering.Emit(
            new ScaleShiftProblem(1, input.Count, input.Length, null, null, Function.ToClamp()), [input], lowering.Allocate(0));
    }
}
