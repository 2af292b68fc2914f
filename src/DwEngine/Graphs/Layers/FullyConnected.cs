using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>y = W x + b for each row of its input: the elements along the last axis.</summary>
public sealed class FullyConnected : FloatLayer, IActivatedLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="weights">Outputs x inputs, Float32.</param>
    /// <param name="bias">One value for each output, or null.</param>
    /// <param name="epilogue">What is done to each result; nothing if null.</param>
    /// <exception cref="ShapeException">The tensors do not fit each other.</exception>
    /// <exception cref="GraphException">A tensor is not Float32.</exception>
    public FullyConnected(Tensor weights, Tensor? bias, Activation? epilogue = null)
    {
        LayerChecks.RequireParameter("weights", weights, 2);
        if (bias is not null)
        {
            LayerChecks.RequireVector("bias", bias, weights.Shape[0]);
        }

        Weights = weights;
        Bias = bias;
        Epilogue = epilogue ?? Activation.None;
    }

    /// <inheritdoc/>
    public override string Kind => "FullyConnected";

    /// <summary>Outputs x inputs.</summary>
    public Tensor Weights { get; }

    /// <summary>One value for each output, or null.</summary>
    public Tensor? Bias { get; }

    /// <inheritdoc/>
    public Activation Epilogue { get; }

    /// <summary>Elements of one input row.</summary>
    public int InputLength => Weights.Shape[1];

    /// <summary>Elements of one output row.</summary>
    public int OutputLength => Weights.Shape[0];

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [.. LayerAttribute.Of(Epilogue)];

    /// <inheritdoc/>
    public override ImmutableArray<LayerParameter> Parameters =>
        Bias is null ? [new("weight", Weights)] : [new("weight", Weights), new("bias", Bias)];

    /// <inheritdoc/>
    public Layer WithEpilogue(Activation epilogue) => new FullyConnected(Weights, Bias, epilogue);

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        Shape input = inputs[0];
        return input.Rank > 0 && input.ElementCount > 0 && input[^1] == InputLength
            ? [input.With(input.Rank - 1, OutputLength)]
            : throw new ShapeException($"expected an input whose last axis has length {InputLength}, found {input}.");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => inputs[0].Shape.Rank > 1;

    /// <inheritdoc/>
    internal override long MultiplyAdds(ReadOnlySpan<Shape> inputs) => checked(Rows(inputs[0]) * Weights.Shape.ElementCount);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape, shape = InferShapes([input])[0];
        float[] output = NewBuffer(shape);
        FullyConnectedReference.Run(
            (int)Rows(input), InputLength, OutputLength, inputs[0].Floats, Weights.Floats, Bias is null ? [] : Bias.Floats, output);
        ActivationReference.Run(output, Epilogue);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Planes input = lowering.Input(0), output = lowering.Allocate(0);
        input = input.Cut(input.Length / InputLength);
        output = output.Cut(output.Length / OutputLength);
        lowering.Emit(new FullyConnectedProblem(this, input.Count, InputLength, OutputLength, Weights, Bias, Epilogue), [input], output);
    }

    private long Rows(Shape input) => input.ElementCount / InputLength;
}
