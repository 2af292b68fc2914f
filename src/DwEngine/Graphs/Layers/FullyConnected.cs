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
    // One of the two.
    private readonly Tensor? _weights;
    private readonly ScaledHalves? _halves;

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

        _weights = weights;
        Bias = bias;
        Epilogue = epilogue ?? Activation.None;
    }

    private FullyConnected(ScaledHalves halves, Tensor? bias, Activation epilogue)
    {
        _halves = halves;
        Bias = bias;
        Epilogue = epilogue;
    }

    /// <inheritdoc/>
    public override string Kind => "FullyConnected";

    /// <summary>Outputs x inputs, Float32. Of weights that are stored in 16 bits this is a copy.</summary>
    public Tensor Weights => _weights ?? _halves!.ToFloat32();

    /// <summary>Whether the weights are stored in 16 bits.</summary>
    public bool HasHalfWeights => _halves is not null;

    /// <summary>One value for each output, or null.</summary>
    public Tensor? Bias { get; }

    /// <inheritdoc/>
    public Activation Epilogue { get; }

    /// <summary>Elements of one input row.</summary>
    public int InputLength => Stored.Shape[1];

    /// <summary>Elements of one output row.</summary>
    public int OutputLength => Stored.Shape[0];

    /// <summary>The number of weights.</summary>
    internal long WeightCount => Stored.Shape.ElementCount;

    private Tensor Stored => _weights ?? _halves!.Halves;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [.. LayerAttribute.Of(Epilogue)];

    /// <inheritdoc/>
    public override ImmutableArray<LayerParameter> Parameters =>
        Bias is null ? [new("weight", Weights)] : [new("weight", Weights), new("bias", Bias)];

    /// <inheritdoc/>
    public Layer WithEpilogue(Activation epilogue) =>
        _halves is null ? new FullyConnected(_weights!, Bias, epilogue) : new FullyConnected(_halves, Bias, epilogue);

    /// <summary>The layer with weights that are rounded to 16 bits; null if they cannot be.</summary>
    internal FullyConnected? WithHalfWeights() => _weights is null ? this
        : ScaledHalves.TryRound(_weights) is { } halves ? new FullyConnected(halves, Bias, Epilogue)
        : null;

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
    internal override long MultiplyAdds(ReadOnlySpan<Shape> inputs) => checked(Rows(inputs[0]) * WeightCount);

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
        lowering.Emit(
            new FullyConnectedProblem(
                this, input.Count, InputLength, OutputLength, Stored, Bias, Epilogue, Scale: _halves is null ? 1 : _halves.Scale),
            [input],
            output);
    }

    private long Rows(Shape input) => input.ElementCount / InputLength;
}
