using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>The sum of two inputs of equal shape.</summary>
/// <param name="epilogue">What is done to each result; nothing if null.</param>
public sealed class Add(Clamp? epilogue = null) : FloatLayer, IClampedLayer
{
    /// <inheritdoc/>
    public override string Kind => "Add";

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 2;

    /// <inheritdoc/>
    public Clamp Epilogue { get; } = epilogue ?? Clamp.None;

    /// <inheritdoc/>
    public Layer WithEpilogue(Clamp epilogue) => new Add(epilogue);

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs) => inputs[0] == inputs[1]
        ? [inputs[0]]
        : throw new ShapeException($"expected inputs of equal shape, found {inputs[0]} and {inputs[1]}.");

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape shape = InferShapes([inputs[0].Shape, inputs[1].Shape])[0];
        float[] output = NewBuffer(shape);
        AddReference.Run(inputs[0].Floats, inputs[1].Floats, Epilogue, output);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Planes input = lowering.Input(0);
        lowering.Emit(new AddProblem(input.Count, input.Length, Epilogue), [input, lowering.Input(1)], lowering.Allocate(0));
    }
}
