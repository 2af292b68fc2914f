using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Every so many elements between two bounds along some axes (ONNX, operator Slice). Negative bounds and axes count from the end, bounds
/// beyond the ends are moved to them, and a negative step goes backwards.
/// </summary>
public sealed class Slice : RearrangingLayer
{
    private readonly ImmutableArray<int> _starts, _ends, _axes, _steps;

    /// <summary>
    /// Creates a layer whose further inputs say what to take: starts, ends and, where they are given, axes and steps, as constant vectors
    /// of Int64 or Int32.
    /// </summary>
    public Slice()
    {
    }

    /// <summary>Creates a layer that takes a certain part.</summary>
    /// <param name="starts">The first index along each of the axes.</param>
    /// <param name="ends">The index before which to stop.</param>
    /// <param name="axes">The axes; the first ones if left out.</param>
    /// <param name="steps">The steps; 1 if left out.</param>
    /// <exception cref="GraphException">The lists are of different lengths, or a step is 0.</exception>
    public Slice(
        ImmutableArray<int> starts, ImmutableArray<int> ends, ImmutableArray<int> axes = default, ImmutableArray<int> steps = default)
    {
        _starts = starts;
        _ends = ends;
        _axes = axes.IsDefault ? [.. Enumerable.Range(0, starts.Length)] : axes;
        _steps = steps.IsDefault ? [.. Enumerable.Repeat(1, starts.Length)] : steps;
        if (_ends.Length != _starts.Length || _axes.Length != _starts.Length || _steps.Length != _starts.Length || _steps.Contains(0))
        {
            throw new GraphException(
                $"expected as many starts, ends, axes and steps, and no step of 0; found [{string.Join(", ", _starts)}], "
                + $"[{string.Join(", ", _ends)}], [{string.Join(", ", _axes)}] and [{string.Join(", ", _steps)}].");
        }
    }

    /// <inheritdoc/>
    public override string Kind => "Slice";

    /// <inheritdoc/>
    public override int MinimumInputs => _starts.IsDefault ? 3 : 1;

    /// <inheritdoc/>
    public override int MaximumInputs => _starts.IsDefault ? 5 : 1;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        _starts.IsDefault ? [] : [new("starts", _starts), new("ends", _ends), new("axes", _axes), new("steps", _steps)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape shape = inputs[0].Shape;
        LayerChecks.RequireNotEmpty(shape);
        foreach ((int axis, Run run) in RunsOf(inputs))
        {
            shape = run.Count > 0
                ? shape.With(axis, run.Count)
                : throw new ShapeException($"nothing is left of axis {axis} of input {inputs[0].Shape}.");
        }

        return [new Fact(inputs[0].Type, shape)];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) =>
        !RunsOf(inputs).TryGetValue(0, out Run run) || run == new Run(0, 1, inputs[0].Shape[0]);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Fact[] facts = LayerChecks.FactsOf(inputs);
        Dictionary<int, Run> runs = RunsOf(facts);
        return
        [
            RearrangeReference.Run(inputs[0], Infer(facts)[0].Shape, output =>
            [
                .. output.Select((index, axis) => runs.TryGetValue(axis, out Run run) ? run.Start + (index * run.Step) : index),
            ]),
        ];
    }

    private protected override (Rearrangement Rearrangement, ulong Fill) Rearrange(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        Dictionary<int, Run> runs = RunsOf(inputs);
        return (new Rearrangement(input, [.. Enumerable.Range(0, input.Rank).Select(SourceOf)]), 0);

        AxisSource SourceOf(int axis) => runs.TryGetValue(axis, out Run run)
            ? new AxisSource(axis, [.. Enumerable.Range(0, run.Count).Select(i => run.Start + (i * run.Step))])
            : AxisSource.Whole(axis, input[axis]);
    }

    /// <summary>Whether the bounds take all elements of an input of any size.</summary>
    internal bool TakesAll(ReadOnlySpan<Fact> inputs)
    {
        (ImmutableArray<int> starts, ImmutableArray<int> ends, _, ImmutableArray<int> steps) = BoundsOf(inputs);
        return starts.All(start => start == 0) && ends.All(end => end == int.MaxValue) && steps.All(step => step == 1);
    }

    private Dictionary<int, Run> RunsOf(ReadOnlySpan<Fact> inputs)
    {
        Shape shape = inputs[0].Shape;
        (ImmutableArray<int> starts, ImmutableArray<int> ends, ImmutableArray<int> axes, ImmutableArray<int> steps) = BoundsOf(inputs);
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length || steps.Contains(0))
        {
            throw new ShapeException("expected as many starts, ends, axes and steps, and no step of 0.");
        }

        var runs = new Dictionary<int, Run>();
        for (int i = 0; i < starts.Length; i++)
        {
            int axis = LayerChecks.RequireAxis(shape, axes[i]), length = shape[axis];
            bool forward = steps[i] > 0;
            long start = Bound(starts[i], length, forward), end = Bound(ends[i], length, forward);
            long span = forward ? end - start : start - end, step = Math.Abs((long)steps[i]);
            int count = (int)((Math.Max(span, 0) + step - 1) / step);
            if (!runs.TryAdd(axis, new Run((int)start, count > 1 ? steps[i] : 1, count)))
            {
                throw new ShapeException($"axis {axis} is sliced twice.");
            }
        }

        return runs;
    }

    private (ImmutableArray<int> Starts, ImmutableArray<int> Ends, ImmutableArray<int> Axes, ImmutableArray<int> Steps) BoundsOf(
        ReadOnlySpan<Fact> inputs)
    {
        if (!_starts.IsDefault)
        {
            return (_starts, _ends, _axes, _steps);
        }

        ImmutableArray<int> starts = LayerChecks.RequireIntegers(inputs[1], "the starts");
        return (
            starts,
            LayerChecks.RequireIntegers(inputs[2], "the ends"),
            inputs.Length > 3 ? LayerChecks.RequireIntegers(inputs[3], "the axes") : [.. Enumerable.Range(0, starts.Length)],
            inputs.Length > 4 ? LayerChecks.RequireIntegers(inputs[4], "the steps") : [.. Enumerable.Repeat(1, starts.Length)]);
    }

    // Counted from the start, and moved to where a slice in this direction can begin or end.
    private static long Bound(int bound, int length, bool forward)
    {
        long place = bound < 0 ? (long)bound + length : bound;
        return forward ? Math.Clamp(place, 0, length) : Math.Clamp(place, -1, length - 1);
    }

    private readonly record struct Run(int Start, int Step, int Count);
}
