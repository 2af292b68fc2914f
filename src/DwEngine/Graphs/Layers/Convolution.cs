using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Elementwise;
using DwEngine.Kernels.Elementwise.Operators;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Two-dimensional convolution with any kernel, stride, padding, dilation and groups. An epilogue follows: a residual if there is one,
/// then an activation.
/// </summary>
public sealed class Convolution : FloatLayer, IActivatedLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="weights">Output channels x input channels of a group x kernel height x kernel width, Float32.</param>
    /// <param name="bias">One value for each output channel, or null.</param>
    /// <param name="window">Kernel, stride, padding and dilation.</param>
    /// <param name="groups">Groups of channels that do not see each other.</param>
    /// <param name="epilogue">What is done to each result; nothing if null.</param>
    /// <param name="hasResidual">Whether a second input is added to the sums before the epilogue.</param>
    /// <exception cref="ShapeException">The tensors do not fit the window or each other.</exception>
    /// <exception cref="GraphException">The groups do not divide the output channels, or a tensor is not Float32.</exception>
    public Convolution(Tensor weights, Tensor? bias, Window window, int groups = 1, Activation? epilogue = null, bool hasResidual = false)
    {
        LayerChecks.RequireParameter("weights", weights, 4);
        window.Validate();
        if (weights.Shape[2] != window.KernelHeight || weights.Shape[3] != window.KernelWidth)
        {
            throw new ShapeException($"expected weights of a {window.KernelHeight}x{window.KernelWidth} kernel, found {weights.Shape}.");
        }

        if (groups < 1 || weights.Shape[0] % groups != 0)
        {
            throw new GraphException($"the output channels must be a multiple of the groups; found {weights.Shape[0]} and {groups}.");
        }

        if ((long)groups * weights.Shape[1] > int.MaxValue)
        {
            throw new ShapeException($"{groups} groups of {weights.Shape[1]} input channels are more than can be counted in 32 bits.");
        }

        if (bias is not null)
        {
            LayerChecks.RequireVector("bias", bias, weights.Shape[0]);
        }

        Weights = weights;
        Bias = bias;
        Window = window;
        Groups = groups;
        Epilogue = epilogue ?? Activation.None;
        HasResidual = hasResidual;
    }

    /// <inheritdoc/>
    public override string Kind => "Convolution";

    /// <summary>Output channels x input channels of a group x kernel height x kernel width.</summary>
    public Tensor Weights { get; }

    /// <summary>One value for each output channel, or null.</summary>
    public Tensor? Bias { get; }

    /// <summary>Kernel, stride, padding and dilation.</summary>
    public Window Window { get; }

    /// <summary>Groups of channels that do not see each other.</summary>
    public int Groups { get; }

    /// <inheritdoc/>
    public Activation Epilogue { get; }

    /// <summary>
    /// Whether a second input is added to the sums before the epilogue: as in a residual network. It has the shape of the sums or, as with
    /// <c>Add</c>, one that broadcasts with it.
    /// </summary>
    public bool HasResidual { get; }

    /// <inheritdoc/>
    public override int MinimumInputs => HasResidual ? 2 : 1;

    /// <inheritdoc/>
    public override int MaximumInputs => MinimumInputs;

    /// <summary>Channels of the input.</summary>
    public int InputChannels => Weights.Shape[1] * Groups;

    /// <summary>Channels of the output.</summary>
    public int OutputChannels => Weights.Shape[0];

    /// <summary>Whether each output channel sees one input channel only; there may be several outputs for each input.</summary>
    public bool IsDepthwise => Groups > 1 && Weights.Shape[1] == 1;

    /// <summary>Whether it is a 1x1 convolution over all channels: a matrix product.</summary>
    public bool IsPointwise => Groups == 1 && Window.IsPointwise;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes
    {
        get
        {
            ImmutableArray<LayerAttribute> attributes =
                [.. LayerAttribute.Of(Window), new("groups", Groups), .. LayerAttribute.Of(Epilogue)];
            return HasResidual ? attributes.Add(new("residual", true)) : attributes;
        }
    }

    /// <inheritdoc/>
    public override string Details
    {
        get
        {
            string kind = IsDepthwise ? "depthwise " : IsPointwise ? "pointwise " : "";
            return $"{kind}{Window.Brief}{(Groups > 1 && !IsDepthwise ? $", {Groups} groups" : "")}";
        }
    }

    /// <inheritdoc/>
    public override ImmutableArray<LayerParameter> Parameters =>
        Bias is null ? [new("weight", Weights)] : [new("weight", Weights), new("bias", Bias)];

    /// <summary>The shape facts for an N x C x H x W input that <see cref="InferShapes"/> accepts.</summary>
    public ConvolutionGeometry Geometry(Shape input) =>
        new(InputChannels, OutputChannels, Groups, input[2], input[3], Window.For(input[2], input[3]));

    /// <inheritdoc/>
    public Layer WithEpilogue(Activation epilogue) => new Convolution(Weights, Bias, Window, Groups, epilogue, HasResidual);

    /// <summary>The same layer, which adds a second input to its sums and then has another epilogue.</summary>
    public Convolution WithResidual(Activation epilogue) => new(Weights, Bias, Window, Groups, epilogue, hasResidual: true);

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireImage(inputs[0]);
        LayerChecks.RequireChannels(inputs[0], InputChannels);
        Shape sums = Sums(inputs[0]);
        return [HasResidual ? Broadcasting.ShapeOf([sums, inputs[1]]) : sums];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) =>
        !HasResidual || Broadcasting.KeepsImagesApart([Sums(inputs[0].Shape), inputs[1]]);

    /// <inheritdoc/>
    internal override long MultiplyAdds(ReadOnlySpan<Shape> inputs) => checked(inputs[0][0] * Geometry(inputs[0]).MultiplyAdds);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape, shape = Sums(input);
        float[] output = NewBuffer(shape);
        ConvolutionReference.Run(Geometry(input), input[0], inputs[0].Floats, Weights.Floats, Bias is null ? [] : Bias.Floats, output);
        if (HasResidual)
        {
            return Binary.Of<Add>(Epilogue).Reference([Tensor.FromFloats(shape, output), inputs[1]]);
        }

        ActivationReference.Run(output, Epilogue);
        return [Tensor.FromFloats(shape, output)];
    }

    /// <summary>The problem for kernels, for an input that <see cref="InferShapes"/> accepts, without the residual.</summary>
    internal ConvolutionProblem Problem(Shape input) => new(this, input[0], Geometry(input), Weights, Bias, Epilogue);

    internal override void Lower(ILowering lowering)
    {
        Shape input = lowering.InputShape(0), sums = Sums(input);
        ConvolutionProblem problem = Problem(input) with { Workers = lowering.Workers };
        if (!HasResidual)
        {
            lowering.Emit(problem, [lowering.Input(0)], lowering.Allocate(0));
        }
        else if (lowering.InputShape(1) == sums)
        {
            lowering.Emit(problem with { HasResidual = true }, [lowering.Input(0), lowering.Input(1)], lowering.Allocate(0));
        }
        else
        {
            // What was one shape where the layers were fused may be another at other sizes of the network's input.
            Planes between = lowering.AllocateBetween(sums, Planes.StandardAxes(sums));
            lowering.EmitBetween(problem with { Activation = Activation.None }, [lowering.Input(0)], between, sums);
            AddResidual(lowering, between, sums);
        }
    }

    private Shape Sums(Shape input) => LayerChecks.Slide(Window, input, OutputChannels);

    private void AddResidual(ILowering lowering, Planes between, Shape sums)
    {
        Shape residual = lowering.InputShape(1), output = lowering.OutputShape(0);
        int axes = Broadcasting.CommonAxes([sums, residual], output);
        Planes left = between.Cut(between.Length / Planes.Divide(sums, axes).Length).Select(Broadcasting.Positions(sums, output, axes));
        Planes right = lowering.Input(1, Math.Min(axes, residual.Rank)).Select(Broadcasting.Positions(residual, output, axes));
        Planes target = lowering.Allocate(0, axes);
        bool repeatsLeft = left.Length < target.Length, repeatsRight = right.Length < target.Length;
        lowering.Emit(
            new BinaryProblem(default(Add), target.Count, target.Length, repeatsLeft, repeatsRight, Epilogue), [left, right], target);
    }
}
