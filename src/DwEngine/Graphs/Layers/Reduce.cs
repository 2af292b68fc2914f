using System.Collections.Immutable;
using System.Numerics;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Integers;
using DwEngine.Kernels.Pooling;
using DwEngine.Kernels.Reductions;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Makes one number of all that lie along certain axes, such as their sum. Elements are Float32, or whole numbers where the operation has
/// a form for these; what such an element has no room for wraps around.
/// </summary>
public sealed class Reduce : Layer
{
    private readonly ReductionOperator _operation;
    private readonly bool _isIdentityWithoutAxes;

    /// <summary>Creates the layer.</summary>
    /// <param name="operation">
    /// What becomes of the numbers: <c>Sum</c>, <c>Mean</c>, <c>Max</c>, <c>Min</c>, <c>Prod</c>, <c>L1</c>, <c>L2</c>, <c>SumSquare</c>,
    /// <c>LogSum</c> or <c>LogSumExp</c>. Whole numbers have no <c>L2</c> and no logarithms.
    /// </param>
    /// <param name="axes">
    /// The axes; negative ones count from the end. If this is default, a second input says them, a constant vector of Int64 or Int32; no
    /// axes or no second input mean all axes.
    /// </param>
    /// <param name="keepsAxes">Whether the axes stay, with length 1.</param>
    /// <param name="isIdentityWithoutAxes">Whether no axes mean no axes, not all of them.</param>
    /// <exception cref="GraphException">There is no such operation.</exception>
    public Reduce(string operation, ImmutableArray<int> axes = default, bool keepsAxes = true, bool isIdentityWithoutAxes = false)
    {
        if (!Enum.TryParse(operation, out _operation) || _operation.ToString() != operation)
        {
            throw new GraphException($"'{operation}' is no reduction; there are {string.Join(", ", Enum.GetNames<ReductionOperator>())}.");
        }

        (Axes, KeepsAxes, _isIdentityWithoutAxes) = (axes, keepsAxes, isIdentityWithoutAxes);
    }

    /// <inheritdoc/>
    public override string Kind => $"Reduce{_operation}";

    /// <inheritdoc/>
    public override int MaximumInputs => Axes.IsDefault ? 2 : 1;

    /// <summary>The axes; default if an input says them, or all are meant.</summary>
    public ImmutableArray<int> Axes { get; }

    /// <summary>Whether the axes stay, with length 1.</summary>
    public bool KeepsAxes { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
    [
        .. Axes.IsDefault ? [] : new[] { new LayerAttribute("axes", Axes) },
        new("keep axes", KeepsAxes),
        .. _isIdentityWithoutAxes ? new[] { new LayerAttribute("identity without axes", true) } : [],
    ];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Fact input = inputs[0];
        if (input.Type != ElementType.Float32 && !(input.Type.IsInteger() && _operation.TakesIntegers()))
        {
            throw new ShapeException($"expected a Float32{(_operation.TakesIntegers() ? " or integer" : "")} input, found {input}.");
        }

        LayerChecks.RequireNotEmpty(input.Shape);
        bool[] isReduced = IsReduced(inputs);
        return [new Fact(input.Type, OutputShape(input.Shape, isReduced))];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => inputs[0].Shape.Rank > 0 && !IsReduced(inputs)[0];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor input = inputs[0];
        bool[] isReduced = IsReduced(LayerChecks.FactsOf(inputs));
        int[] groups = GroupsOf(input.Shape, isReduced, input.Shape.Rank);
        Shape shape = OutputShape(input.Shape, isReduced);
        if (!isReduced.Contains(true))
        {
            return [input];
        }

        byte[] output = new byte[checked(shape.ElementCount * input.Type.Size())];
        foreach (IGrouping<int, int> group in Enumerable.Range(0, groups.Length).GroupBy(element => groups[element]))
        {
            if (input.Type == ElementType.Float32)
            {
                double[] numbers = [.. group.Select(element => (double)input.Floats[element])];
                BitConverter.TryWriteBytes(output.AsSpan(group.Key * sizeof(float)), (float)ReductionReference.Of(_operation, numbers));
            }
            else
            {
                BigInteger[] numbers = [.. group.Select(element => IntegerReference.Read(input.Type, input.Bytes, element))];
                IntegerReference.Write(input.Type, output, group.Key, ReductionReference.Of(_operation, numbers));
            }
        }

        return [Tensor.FromBytes(input.Type, shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        var facts = new Fact[lowering.InputCount];
        for (int i = 0; i < facts.Length; i++)
        {
            facts[i] = lowering.InputFact(i);
        }

        Shape shape = facts[0].Shape;
        bool[] isReduced = IsReduced(facts);
        if (!isReduced.Contains(true))
        {
            (Planes same, int sameAxes) = lowering.View(0);
            lowering.Alias(0, same, sameAxes);
            return;
        }

        // A scalar is reduced as a vector of one.
        shape = shape.Rank == 0 ? new Shape(1) : shape;

        // The last axes that are reduced all or kept all form the planes; those of length 1 are either.
        int last = shape.Rank - 1;
        while (last > 0 && shape[last] == 1)
        {
            last--;
        }

        bool keepsPlanes = shape[last] != 1 && !isReduced[last];
        int first = last;
        while (first > 0 && (shape[first - 1] == 1 || isReduced[first - 1] != keepsPlanes))
        {
            first--;
        }

        Planes input = lowering.Input(0, Math.Min(shape.Rank - first, facts[0].Shape.Rank));
        int[] groups = GroupsOf(shape, isReduced, first);
        int count = groups.Max() + 1;
        input = input.Select(Enumerable.Range(0, groups.Length).OrderBy(plane => groups[plane]));
        Planes output;
        if (keepsPlanes)
        {
            int axes = Enumerable.Range(first, shape.Rank - first).Count(axis => KeepsAxes || !isReduced[axis]);
            output = lowering.Allocate(0, axes);
        }
        else
        {
            output = lowering.Allocate(0);
            output = output.Cut(output.Length);
        }

        if (_operation == ReductionOperator.Mean && facts[0].Type == ElementType.Float32 && !keepsPlanes && input.Count == count)
        {
            lowering.Emit(new GlobalAveragePoolProblem(input.Count, input.Length), [input], output);
            return;
        }

        lowering.Emit(
            new ReductionProblem(_operation, facts[0].Type, count, input.Count / count, input.Length, keepsPlanes), [input], output);
    }

    // For each index of the leading axes the number of the output that it is of.
    private static int[] GroupsOf(Shape shape, bool[] isReduced, int leading)
    {
        int[] groups = [0];
        for (int axis = 0; axis < leading; axis++)
        {
            int length = shape[axis];
            bool reduces = isReduced[axis];
            groups = [.. groups.SelectMany(group => Enumerable.Range(0, length).Select(i => reduces ? group : (group * length) + i))];
        }

        return groups;
    }

    private Shape OutputShape(Shape input, bool[] isReduced)
    {
        var dimensions = new List<int>();
        for (int axis = 0; axis < input.Rank; axis++)
        {
            if (!isReduced[axis] || KeepsAxes)
            {
                dimensions.Add(isReduced[axis] ? 1 : input[axis]);
            }
        }

        return new Shape([.. dimensions]);
    }

    private bool[] IsReduced(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        ImmutableArray<int> axes = !Axes.IsDefault ? Axes : inputs.Length > 1 ? LayerChecks.RequireIntegers(inputs[1], "the axes") : [];
        if (input.Rank == 0 && axes.IsEmpty)
        {
            // Of one number a sum is that number, but a sum of squares is not.
            return [!_isIdentityWithoutAxes && _operation > ReductionOperator.Prod];
        }

        bool[] isReduced = new bool[input.Rank];
        if (axes.IsEmpty)
        {
            Array.Fill(isReduced, !_isIdentityWithoutAxes);
        }

        foreach (int axis in axes)
        {
            isReduced[LayerChecks.RequireAxis(input, axis)] = true;
        }

        return isReduced;
    }
}
