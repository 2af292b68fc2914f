using System.Collections.Concurrent;
using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Layout;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Two-dimensional transposed convolution (ONNX, operator ConvTranspose), and an activation as its epilogue. Outputs that lie a stride
/// apart see the same taps, so it is one ordinary convolution for each remainder, whose results are then dealt out.
/// </summary>
public sealed class ConvTranspose : FloatLayer, IActivatedLayer
{
    // Of each phase's first taps, the weights as an ordinary convolution has them.
    private readonly ConcurrentDictionary<(int Y, int X), Tensor> _phaseWeights = new();

    /// <summary>Creates the layer.</summary>
    /// <param name="weights">Input channels x output channels of a group x kernel height x kernel width, Float32.</param>
    /// <param name="bias">One value for each output channel, or null.</param>
    /// <param name="window">
    /// Kernel, stride and dilation. Padding is cut off the output; if it is to be the same, the output has the input's size times the
    /// stride.
    /// </param>
    /// <param name="groups">Groups of channels that do not see each other.</param>
    /// <param name="outputPadding">Rows and columns more at the end of the output; none if left out.</param>
    /// <param name="outputSize">Rows and columns of the output, from which the padding follows; null if the padding is given.</param>
    /// <param name="epilogue">What is done to each result; nothing if null.</param>
    /// <exception cref="ShapeException">The tensors do not fit the window or each other.</exception>
    /// <exception cref="GraphException">The groups do not divide the input channels, a size is out of range, or a tensor is not
    /// Float32.</exception>
    public ConvTranspose(
        Tensor weights,
        Tensor? bias,
        Window window,
        int groups = 1,
        (int Y, int X) outputPadding = default,
        (int Height, int Width)? outputSize = null,
        Activation? epilogue = null)
    {
        LayerChecks.RequireParameter("weights", weights, 4);
        window.Validate();
        if (weights.Shape[2] != window.KernelHeight || weights.Shape[3] != window.KernelWidth)
        {
            throw new ShapeException($"expected weights of a {window.KernelHeight}x{window.KernelWidth} kernel, found {weights.Shape}.");
        }

        if (groups < 1 || weights.Shape[0] % groups != 0 || (long)groups * weights.Shape[1] > int.MaxValue)
        {
            throw new GraphException($"the input channels must be a multiple of the groups; found {weights.Shape[0]} and {groups}.");
        }

        if (window.Padding == PaddingMode.Ceiling || outputPadding.Y < 0 || outputPadding.X < 0
            || outputSize is { Height: < 1 } or { Width: < 1 })
        {
            throw new GraphException(
                $"expected output padding of at least 0, positive output sizes and no rounding up; "
                + $"found {outputPadding}, {outputSize} and {window}.");
        }

        if (bias is not null)
        {
            LayerChecks.RequireVector("bias", bias, groups * weights.Shape[1]);
        }

        Weights = weights;
        Bias = bias;
        Window = window;
        Groups = groups;
        OutputPadding = outputPadding;
        OutputSize = outputSize;
        Epilogue = epilogue ?? Activation.None;
    }

    /// <inheritdoc/>
    public override string Kind => "ConvTranspose";

    /// <summary>Input channels x output channels of a group x kernel height x kernel width.</summary>
    public Tensor Weights { get; }

    /// <summary>One value for each output channel, or null.</summary>
    public Tensor? Bias { get; }

    /// <summary>Kernel, stride, dilation and what is cut off the output.</summary>
    public Window Window { get; }

    /// <summary>Groups of channels that do not see each other.</summary>
    public int Groups { get; }

    /// <summary>Rows and columns more at the end of the output.</summary>
    public (int Y, int X) OutputPadding { get; }

    /// <summary>Rows and columns of the output, or null where they follow from the padding.</summary>
    public (int Height, int Width)? OutputSize { get; }

    /// <inheritdoc/>
    public Activation Epilogue { get; }

    /// <summary>Channels of the output.</summary>
    public int OutputChannels => Weights.Shape[1] * Groups;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes
    {
        get
        {
            var attributes = ImmutableArray.CreateBuilder<LayerAttribute>();
            attributes.AddRange(LayerAttribute.Of(Window));
            attributes.Add(new("groups", Groups));
            if (OutputPadding != (0, 0))
            {
                attributes.Add(new("output_padding", ImmutableArray.Create(OutputPadding.Y, OutputPadding.X)));
            }

            if (OutputSize is { } size)
            {
                attributes.Add(new("output_shape", ImmutableArray.Create(size.Height, size.Width)));
            }

            attributes.AddRange(LayerAttribute.Of(Epilogue));
            return attributes.ToImmutable();
        }
    }

    /// <inheritdoc/>
    public override string Details => $"{Window.Brief}{(Groups > 1 ? $", {Groups} groups" : "")}";

    /// <inheritdoc/>
    public override ImmutableArray<LayerParameter> Parameters =>
        Bias is null ? [new("weight", Weights)] : [new("weight", Weights), new("bias", Bias)];

    /// <inheritdoc/>
    public Layer WithEpilogue(Activation epilogue) => new ConvTranspose(Weights, Bias, Window, Groups, OutputPadding, OutputSize, epilogue);

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireImage(inputs[0]);
        LayerChecks.RequireChannels(inputs[0], Weights.Shape[0]);
        Shape input = inputs[0];
        (_, long height) = Rows(input[2]);
        (_, long width) = Columns(input[3]);
        return height is > 0 and <= int.MaxValue && width is > 0 and <= int.MaxValue
            ? [new Shape(input[0], OutputChannels, (int)height, (int)width)]
            : throw new ShapeException($"{Window} on input {input} makes {height} rows and {width} columns.");
    }

    /// <inheritdoc/>
    internal override long MultiplyAdds(ReadOnlySpan<Shape> inputs) =>
        checked(inputs[0].ElementCount * Weights.Shape[1] * Window.Taps);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape, shape = InferShapes([input])[0];
        float[] output = NewBuffer(shape);
        Window cut = Window with { PadTop = Rows(input[2]).Before, PadLeft = Columns(input[3]).Before };
        ConvTransposeReference.Run(
            new ConvolutionGeometry(input[1], OutputChannels, Groups, input[2], input[3], cut),
            input[0],
            shape[2],
            shape[3],
            inputs[0].Floats,
            Weights.Floats,
            Bias is null ? [] : Bias.Floats,
            output);
        ActivationReference.Run(output, Epilogue);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape input = lowering.InputShape(0), output = lowering.OutputShape(0);
        var rows = TransposedAxis.Part(
            input[2], output[2], Window.KernelHeight, Window.StrideY, Window.DilationY, Rows(input[2]).Before);
        var columns = TransposedAxis.Part(
            input[3], output[3], Window.KernelWidth, Window.StrideX, Window.DilationX, Columns(input[3]).Before);
        if (rows.Phases is [{ Taps: not [], Shift: 0 } only] && columns.Phases is [{ Taps: not [], Shift: 0 } across]
            && rows.Rows == output[2] && columns.Rows == output[3])
        {
            lowering.Emit(ProblemOf(input, rows, only, columns, across), [lowering.Input(0)], lowering.Allocate(0));
            return;
        }

        var phases = new List<Planes>();
        Planes? blind = null;
        foreach (TransposedAxis.Phase row in rows.Phases)
        {
            foreach (TransposedAxis.Phase column in columns.Phases)
            {
                if (row.Taps.IsEmpty || column.Taps.IsEmpty)
                {
                    phases.Add(blind ??= EmitPhase(lowering, ProblemOfBlind(input, rows.Rows, columns.Rows)));
                }
                else
                {
                    phases.Add(EmitPhase(lowering, ProblemOf(input, rows, row, columns, column)));
                }
            }
        }

        int planes = output[0] * output[1];
        AxisWalk outer = new([.. Enumerable.Range(0, planes)], [.. new long[planes]]);
        lowering.Emit(
            new RearrangeProblem(
                sizeof(float),
                [outer],
                [
                    Walk(rows, output[2], planes * columns.Phases.Length, columns.Rows * sizeof(float)),
                    Walk(columns, output[3], planes, sizeof(float)),
                ],
                0),
            [phases[0] with { Addresses = [.. phases.SelectMany(phase => phase.Addresses)] }],
            lowering.Allocate(0, 2));
    }

    private static Planes EmitPhase(ILowering lowering, ConvolutionProblem problem)
    {
        ConvolutionGeometry geometry = problem.Geometry;
        var shape = new Shape(problem.Batch, geometry.OutputChannels, geometry.OutputHeight, geometry.OutputWidth);
        Planes between = lowering.AllocateBetween(shape, 2);
        lowering.EmitBetween(problem, [lowering.Input(0)], between, shape);
        return between;
    }

    // Where the outputs of an axis come from: for each the phase, and the place within it.
    private static AxisWalk Walk(TransposedAxis axis, int outputs, int planesOfPhase, int step) => new(
        [.. Enumerable.Range(0, outputs).Select(i => checked(i % axis.Stride * planesOfPhase))],
        [.. Enumerable.Range(0, outputs).Select(i => ((long)(i / axis.Stride) + axis.Phases[i % axis.Stride].Shift) * step)]);

    // What is cut off before the first output of an axis, and how many outputs there are.
    private (int Before, long Outputs) Rows(int length) => Resolve(
        length, Window.KernelHeight, Window.StrideY, Window.DilationY, Window.PadTop, Window.PadBottom, OutputPadding.Y,
        OutputSize?.Height);

    private (int Before, long Outputs) Columns(int length) => Resolve(
        length, Window.KernelWidth, Window.StrideX, Window.DilationX, Window.PadLeft, Window.PadRight, OutputPadding.X, OutputSize?.Width);

    private (int Before, long Outputs) Resolve(
        int length, int kernel, int stride, int dilation, int before, int after, int outputPadding, int? outputs)
    {
        long whole = ((long)stride * (length - 1)) + outputPadding + ((long)dilation * (kernel - 1)) + 1;
        if (outputs is null && Window.Padding == PaddingMode.Explicit)
        {
            return (before, whole - before - after);
        }

        long wanted = outputs ?? ((long)length * stride), total = Math.Max(0, whole - wanted);
        return (checked((int)(Window.Padding == PaddingMode.SameUpper ? total / 2 : total - (total / 2))), wanted);
    }

    private ConvolutionProblem ProblemOf(
        Shape input, TransposedAxis rows, TransposedAxis.Phase row, TransposedAxis columns, TransposedAxis.Phase column)
    {
        Tensor weights = _phaseWeights.GetOrAdd(
            (row.Taps[0], column.Taps[0]),
            _ => ConvolutionWeights(row.Taps.Length, column.Taps.Length, (y, x) => (row.Taps[y] * Window.KernelWidth) + column.Taps[x]));
        var window = new Window(
            row.Taps.Length,
            column.Taps.Length,
            PadTop: row.Before,
            PadLeft: column.Before,
            PadBottom: rows.After(row, input[2]),
            PadRight: columns.After(column, input[3]),
            DilationY: row.Dilation,
            DilationX: column.Dilation);
        return ProblemOf(input, window, weights);
    }

    // Outputs that see no input are a convolution whose first rows see padding only.
    private ConvolutionProblem ProblemOfBlind(Shape input, int rows, int columns)
    {
        Tensor weights = _phaseWeights.GetOrAdd((-1, -1), _ => ConvolutionWeights(1, 1, (_, _) => -1));
        return ProblemOf(input, new Window(1, 1, PadTop: rows, PadRight: Math.Max(0, columns - input[3])), weights);
    }

    private ConvolutionProblem ProblemOf(Shape input, Window window, Tensor weights) => new(
        weights, input[0], new ConvolutionGeometry(input[1], OutputChannels, Groups, input[2], input[3], window), weights, Bias, Epilogue);

    // Output channels x input channels of a group x taps; a tap below 0 has no weight.
    private Tensor ConvolutionWeights(int height, int width, Func<int, int, int> tapOf)
    {
        int ofInput = Weights.Shape[0] / Groups, ofOutput = Weights.Shape[1], taps = Window.Taps;
        var shape = new Shape(OutputChannels, ofInput, height, width);
        float[] values = NewBuffer(shape);
        ReadOnlySpan<float> source = Weights.Floats;
        int at = 0;
        for (int output = 0; output < OutputChannels; output++)
        {
            for (int input = 0; input < ofInput; input++)
            {
                int start = (((((output / ofOutput) * ofInput) + input) * ofOutput) + (output % ofOutput)) * taps;
                for (int y = 0; y < height; y++)
                {
                    for (int x = 0; x < width; x++)
                    {
                        int tap = tapOf(y, x);
                        values[at++] = tap < 0 ? 0 : source[start + tap];
                    }
                }
            }
        }

        return Tensor.FromFloats(shape, values);
    }
}
