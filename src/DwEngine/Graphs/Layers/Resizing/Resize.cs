using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Kernels.Resampling;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Makes axes of its input longer or shorter (ONNX, operators Resize and Upsample). The second input says how, as a constant vector: scales
/// if it is Float32, sizes if it is Int64 or Int32. A third, Float32, is the region for <see cref="ResizeCoordinates.TfCropAndResize"/>:
/// where it starts along each axis, then where it ends. The nearest elements may be of any type, interpolation is of Float32.
/// </summary>
/// <param name="options">How it resizes.</param>
public sealed class Resize(ResizeOptions options) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "Resize";

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 3;

    /// <summary>How it resizes.</summary>
    public ResizeOptions Options { get; } = options ?? throw new ArgumentNullException(nameof(options));

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes
    {
        get
        {
            var attributes = ImmutableArray.CreateBuilder<LayerAttribute>();
            attributes.Add(new("mode", Options.Mode.ToString()));
            attributes.Add(new("coordinates", Options.Coordinates.ToString()));
            if (Options.Mode == ResizeMode.Nearest)
            {
                attributes.Add(new("rounding", Options.Rounding.ToString()));
            }

            attributes.Add(new("cubic_coefficient", Options.CubicCoefficient));
            attributes.Add(new("exclude_outside", Options.ExcludeOutside));
            attributes.Add(new("extrapolation_value", Options.ExtrapolationValue));
            attributes.Add(new("antialias", Options.Antialias));
            attributes.Add(new("policy", Options.Policy.ToString()));
            if (!Options.Axes.IsDefault)
            {
                attributes.Add(new("axes", Options.Axes));
            }

            return attributes.ToImmutable();
        }
    }

    /// <inheritdoc/>
    public override string Details => $"{Options.Mode}, {Options.Coordinates}";

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        LayerChecks.RequireNotEmpty(inputs[0].Shape);
        if (Options.Mode != ResizeMode.Nearest)
        {
            LayerChecks.RequireFloat32(inputs[0]);
        }

        _ = LayerChecks.BytesOf(inputs[0].Type, Options.ExtrapolationValue);
        return [new Fact(inputs[0].Type, new Shape([.. AxesOf(inputs).Select(axis => axis.Outputs)]))];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs)
    {
        ResizedAxis[] axes = AxesOf(inputs);
        return axes.Length > 0 && !axes[0].IsResized(Options);
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Fact[] facts = LayerChecks.FactsOf(inputs);
        Fact fact = Infer(facts)[0];
        ResizedAxis[] axes = AxesOf(facts);
        if (Options.Mode != ResizeMode.Nearest)
        {
            return [ResampleReference.Run(inputs[0], [.. axes.Select(axis => axis.Resample(Options))], (float)Options.ExtrapolationValue)];
        }

        byte[] fill = BitConverter.GetBytes(LayerChecks.BytesOf(fact.Type, Options.ExtrapolationValue))[..fact.Type.Size()];
        return
        [
            RearrangeReference.Run(inputs[0], fact.Shape, output =>
            {
                int[] index = [.. output.Select((place, axis) => axes[axis].Nearest(place, Options))];
                return index.Contains(-1) ? null : index;
            }, fill),
        ];
    }

    internal override void Lower(ILowering lowering)
    {
        var facts = new Fact[lowering.InputCount];
        for (int i = 0; i < facts.Length; i++)
        {
            facts[i] = lowering.InputFact(i);
        }

        ResizedAxis[] axes = AxesOf(facts);
        if (Options.Mode != ResizeMode.Nearest && Array.Exists(axes, axis => axis.IsResized(Options)))
        {
            Interpolate(lowering, [.. axes.Select(axis => axis.Resample(Options))]);
            return;
        }

        (Planes planes, int planeAxes) = lowering.View(0);
        var rearrangement = new Rearrangement(facts[0].Shape, [.. axes.Select((axis, number) => new AxisSource(
            number, [.. Enumerable.Range(0, axis.Outputs).Select(place => axis.Nearest(place, Options))]))]);
        ulong fill = LayerChecks.BytesOf(facts[0].Type, Options.ExtrapolationValue);
        (planes, planeAxes) = rearrangement.Place(lowering, planes, planeAxes, facts[0].Type, fill);
        lowering.Alias(0, planes, planeAxes);
    }

    // The last two axes in one step, each axis before them in one of its own: all that follows it is a row.
    private void Interpolate(ILowering lowering, ResampledAxis[] axes)
    {
        Shape shape = lowering.InputShape(0);
        Planes? planes = null;
        int rank = shape.Rank, present = 0;
        for (int axis = 0; axis < rank - 2; axis++)
        {
            if (!axes[axis].IsIdentity)
            {
                int row = Planes.Divide(shape, rank - axis - 1).Length;
                planes = Step(axis, axes[axis], ResampledAxis.Identity(row), shape.With(axis, axes[axis].Outputs));
            }
        }

        ResampledAxis rows = rank > 1 ? axes[^2] : ResampledAxis.Identity(1), columns = axes[^1];
        if (planes is null || !rows.IsIdentity || !columns.IsIdentity)
        {
            planes = Step(Math.Max(rank - 2, 0), rows, columns, lowering.OutputShape(0));
        }

        lowering.Alias(0, planes, present);

        Planes Step(int axis, ResampledAxis rows, ResampledAxis columns, Shape output)
        {
            int trailing = rank - axis;
            Planes input = planes is null ? lowering.Input(0, trailing) : planes.Cut(planes.Length / Planes.Divide(shape, trailing).Length);
            Planes made = lowering.AllocateBetween(output, trailing);
            lowering.EmitBetween(
                new ResampleProblem(input.Count, rows, columns, (float)Options.ExtrapolationValue), [input], made, output);
            (shape, present) = (output, trailing);
            return made;
        }
    }

    private ResizedAxis[] AxesOf(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        ImmutableArray<int> numbers = Options.Axes.IsDefault ? [.. Enumerable.Range(0, input.Rank)] : Options.Axes;
        double[] scales = new double[numbers.Length];
        int[] sizes = new int[numbers.Length];
        bool hasScales = inputs[1].Type == ElementType.Float32;
        ImmutableArray<double> given = hasScales
            ? FloatsOf(inputs[1], "the scales")
            : [.. LayerChecks.RequireIntegers(inputs[1], "the scales or sizes").Select(size => (double)size)];
        ImmutableArray<double> region = inputs.Length > 2 ? FloatsOf(inputs[2], "the region") : [];
        bool isCropped = Options.Coordinates == ResizeCoordinates.TfCropAndResize;
        if (given.Length != numbers.Length || (isCropped && region.Length != 2 * numbers.Length))
        {
            throw new ShapeException(
                $"expected {numbers.Length} scales or sizes for input {input}, and twice as many bounds of a region that is cropped; "
                + $"found {given.Length} and {region.Length}.");
        }

        var axes = new ResizedAxis[input.Rank];
        for (int axis = 0; axis < axes.Length; axis++)
        {
            axes[axis] = new ResizedAxis(input[axis], input[axis], 1);
        }

        for (int i = 0; i < numbers.Length; i++)
        {
            int length = input[LayerChecks.RequireAxis(input, numbers[i])];
            scales[i] = hasScales ? given[i] : given[i] / length;
        }

        double? common = hasScales || scales.Length == 0 ? null : Options.Policy switch
        {
            AspectRatioPolicy.NotLarger => scales.Min(),
            AspectRatioPolicy.NotSmaller => scales.Max(),
            _ => null,
        };
        for (int i = 0; i < numbers.Length; i++)
        {
            int axis = LayerChecks.RequireAxis(input, numbers[i]), length = input[axis];
            (double start, double end) = isCropped ? (region[i], region[i + numbers.Length]) : (0, 1);

            // Exporters compute sizes in single precision, where a scale such as 0.7 of 10 elements makes 7.
            double size = common is { } scale ? Math.Floor((scale * length) + 0.5)
                : hasScales ? Math.Floor((float)((float)scales[i] * (isCropped ? (float)(end - start) : 1) * length))
                : given[i];
            axes[axis] = scales[i] > 0 && size is >= 1 and <= int.MaxValue
                ? new ResizedAxis(length, (int)size, common ?? scales[i], start, end)
                : throw new ShapeException($"axis {axis} of input {input} cannot be resized by {given[i]}.");
        }

        return axes;
    }

    private static ImmutableArray<double> FloatsOf(Fact fact, string name) =>
        fact is { Type: ElementType.Float32, Shape.Rank: <= 1, Constant: { } constant }
            ? [.. constant.Floats.ToArray().Select(value => (double)value)]
            : throw new ShapeException($"expected {name} as a constant vector of Float32, found {fact}.");
}
