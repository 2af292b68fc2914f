using System.Collections.Immutable;
using DwEngine.Kernels.Layout;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Lowering;

/// <summary>Where the elements along one output axis come from.</summary>
/// <param name="InputAxis">The input axis that the indices are of; -1 where the axis is new and repeats the same elements.</param>
/// <param name="Indices">For each output index the input index, or <see cref="Fill"/>.</param>
internal readonly record struct AxisSource(int InputAxis, ImmutableArray<int> Indices)
{
    /// <summary>The index that stands for the fill value.</summary>
    public const int Fill = -1;

    /// <summary>An input axis as it is.</summary>
    public static AxisSource Whole(int inputAxis, int length) => new(inputAxis, [.. Enumerable.Range(0, length)]);

    /// <summary>An axis that the input does not have.</summary>
    public static AxisSource New(int length) => new(-1, [.. new int[length]]);
}

/// <summary>
/// A value whose elements are those of another in other places: each output axis follows one input axis by a list of indices. It is what
/// transposing, slicing, repeating, gathering and padding have in common: another list of planes where they lie well, one strided copy
/// where not.
/// </summary>
/// <param name="Input">The input's shape.</param>
/// <param name="Axes">
/// Where each output axis comes from; each input axis occurs at most once, and one that does not occur has length 1.
/// </param>
internal sealed record Rearrangement(Shape Input, ImmutableArray<AxisSource> Axes)
{
    // Planes shorter than this are copied rather than listed: a table of addresses is then no smaller than what it points to.
    private const int ShortestPlane = 16;

    /// <summary>The output's shape.</summary>
    public Shape Output => new([.. Axes.Select(axis => axis.Indices.Length)]);

    /// <summary>The axes in another order.</summary>
    /// <param name="input">The input's shape.</param>
    /// <param name="permutation">For each output axis the input's axis.</param>
    public static Rearrangement Transpose(Shape input, ImmutableArray<int> permutation) =>
        new(input, [.. permutation.Select(axis => AxisSource.Whole(axis, input[axis]))]);

    /// <summary>Makes the layer's first output of its first input; the elements may have another shape there.</summary>
    /// <param name="lowering">The plan.</param>
    /// <param name="fill">The bytes of the element that stands where an index is <see cref="AxisSource.Fill"/>, the lowest first.</param>
    public void Lower(ILowering lowering, ulong fill = 0)
    {
        (Planes planes, int axes) = lowering.View(0);
        (planes, axes) = Place(lowering, planes, axes, lowering.InputFact(0).Type, fill);
        if (Output != lowering.OutputShape(0))
        {
            (planes, axes) = Reshaping.Place(lowering, planes, lowering.OutputFact(0));
        }

        lowering.Alias(0, planes, axes);
    }

    /// <summary>The planes of the rearranged value, and how many trailing axes form one.</summary>
    /// <param name="lowering">The plan.</param>
    /// <param name="planes">The planes of the value as it is.</param>
    /// <param name="axes">How many trailing axes form one of them.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="fill">The bytes of the element that stands where an index is <see cref="AxisSource.Fill"/>, the lowest first.</param>
    public (Planes Planes, int Axes) Place(ILowering lowering, Planes planes, int axes, ElementType type, ulong fill = 0)
    {
        for (int p = axes; p >= 0; p--)
        {
            (_, int length) = Planes.Divide(Input, p);
            if (p < axes && length < ShortestPlane)
            {
                break;
            }

            if (TryAlias(planes.Cut(planes.Length / length), p) is { } alias)
            {
                return (alias, p);
            }
        }

        int outputAxes = Planes.StandardAxes(Output);
        ImmutableArray<AxisWalk> walks = [.. Axes.Select(axis => Walk(axis, axes, planes.ElementSize))];
        Planes copy = lowering.AllocateBetween(new Fact(type, Output), outputAxes);
        lowering.EmitBetween(
            new RearrangeProblem(planes.ElementSize, walks[..^outputAxes], walks[^outputAxes..], fill), [planes], copy, Output);
        return (copy, outputAxes);
    }

    // The output as a list of the input's planes, of which the last axes form one: these must stay as they are, but for a part of the first
    // of them.
    private Planes? TryAlias(Planes planes, int axes)
    {
        int leading = Axes.Length - axes;
        if (leading < 0 || (axes == 0 && Axes.Any(axis => axis.Indices.Contains(AxisSource.Fill))))
        {
            return null;
        }

        int start = 0, run = 1;
        for (int i = 0; i < axes; i++)
        {
            AxisSource axis = Axes[leading + i];
            int inputAxis = Input.Rank - axes + i;
            if (axis.InputAxis != inputAxis || !IsRange(axis.Indices) || (i > 0 && axis.Indices.Length != Input[inputAxis]))
            {
                return null;
            }

            start = i == 0 ? axis.Indices[0] : start * Input[inputAxis];
            run *= axis.Indices.Length;
        }

        if (Axes[..leading].Any(axis => axis.InputAxis >= Input.Rank - axes || axis.Indices.Contains(AxisSource.Fill)))
        {
            return null;
        }

        List<int> positions = [0];
        foreach (AxisSource axis in Axes[..leading])
        {
            int step = axis.InputAxis < 0 ? 0 : StepOf(axis.InputAxis, Input.Rank - axes);
            positions = [.. from position in positions from index in axis.Indices select position + (index * step)];
        }

        Planes selected = planes.Select(positions);
        return axes == 0 ? selected : selected.Slice(start, run);
    }

    private AxisWalk Walk(AxisSource axis, int planeAxes, int elementSize)
    {
        int leading = Input.Rank - planeAxes;
        int planes = axis.InputAxis >= 0 && axis.InputAxis < leading ? StepOf(axis.InputAxis, leading) : 0;
        long bytes = axis.InputAxis >= leading ? (long)StepOf(axis.InputAxis, Input.Rank) * elementSize : 0;
        return new AxisWalk(
            [.. axis.Indices.Select(index => index == AxisSource.Fill ? AxisWalk.Fill : index * planes)],
            [.. axis.Indices.Select(index => index == AxisSource.Fill ? 0 : index * bytes)]);
    }

    // How many steps of the last axis before the end are one step of an axis.
    private int StepOf(int axis, int end)
    {
        int step = 1;
        for (int i = axis + 1; i < end; i++)
        {
            step *= Input[i];
        }

        return step;
    }

    private static bool IsRange(ImmutableArray<int> indices)
    {
        for (int i = 0; i < indices.Length; i++)
        {
            if (indices[i] == AxisSource.Fill || indices[i] != indices[0] + i)
            {
                return false;
            }
        }

        return true;
    }
}
