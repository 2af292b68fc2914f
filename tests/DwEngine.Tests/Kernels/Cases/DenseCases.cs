using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>A fully connected layer.</summary>
internal sealed record FullyConnectedCase(
    int Batch, int InputLength, int OutputLength, bool HasBias, Activation Activation, bool IsTransposed = false, bool HasHalves = false)
    : KernelCase<FullyConnectedProblem>
{
    public override PlaneSet Inputs => new(Batch, InputLength);

    public override PlaneSet Outputs => new(Batch, OutputLength);

    public override long MultiplyAdds => (long)Batch * InputLength * OutputLength;

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        FullyConnectedProblem problem = (this with { IsTransposed = false }).MakeProblem();
        ReadOnlySpan<float> bias = problem.Bias is null ? default : problem.Bias.Floats;
        Tensor weights = HasHalves ? new ScaledHalves(problem.Weights, problem.Scale).ToFloat32() : problem.Weights;
        float[] values = new float[Outputs.Elements], magnitudes = new float[Outputs.Elements];
        FullyConnectedReference.Run(Batch, InputLength, OutputLength, input, weights.Floats, bias, values);
        FullyConnectedReference.Run(
            Batch, InputLength, OutputLength, Absolute(input), Absolute(weights.Floats), Absolute(bias), magnitudes);
        return EpilogueBounds.Apply(Activation, values, SumTolerances(magnitudes, InputLength));
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Batch, 1).Select(batch => this with { Batch = batch })
            .Concat(Shrinking.Towards(InputLength, 1).Select(length => this with { InputLength = length }))
            .Concat(Shrinking.Towards(OutputLength, 1).Select(length => this with { OutputLength = length }));

    protected override FullyConnectedProblem MakeProblem()
    {
        Random random = ParameterRandom();
        Tensor weights = Tensor.FromFloats(new Shape(OutputLength, InputLength), Values(random, OutputLength * InputLength));
        Tensor? bias = HasBias ? Tensor.FromFloats(new Shape(OutputLength), Values(random, OutputLength)) : null;
        ScaledHalves? halves = HasHalves ? ScaledHalves.TryRound(weights) : null;
        weights = halves is null ? weights : halves.Halves;
        if (IsTransposed)
        {
            weights = new Transpose([1, 0]).Reference([weights])[0];
        }

        return new FullyConnectedProblem(new object(), Batch, InputLength, OutputLength, weights, bias, Activation, IsTransposed,
            halves is null ? 1 : halves.Scale);
    }
}

/// <summary>Products of two matrices.</summary>
internal sealed record MatrixProductCase(int Batch, int Rows, int Depth, int Columns) : KernelCase<MatrixProductProblem>
{
    // Both operands are of the larger one's size here, of which the smaller uses a part.
    public override PlaneSet Inputs => new(2 * Batch, Math.Max(Rows, Columns) * Depth);

    public override PlaneSet Outputs => new(Batch, Rows * Columns);

    public override long MultiplyAdds => (long)Batch * Rows * Depth * Columns;

    public override int ReadableLength(int plane) => plane < Batch ? Rows * Depth : Depth * Columns;

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements], magnitudes = new float[Outputs.Elements], absolute = Absolute(input);
        for (int i = 0; i < Batch; i++)
        {
            int left = i * Inputs.Length, right = (Batch + i) * Inputs.Length, output = i * Outputs.Length;
            MatrixProductReference.Run(Rows, Depth, Columns, input[left..], input[right..], values.AsSpan(output));
            MatrixProductReference.Run(Rows, Depth, Columns, absolute.AsSpan(left), absolute.AsSpan(right), magnitudes.AsSpan(output));
        }

        return new Expectation(values, SumTolerances(magnitudes, Depth));
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Batch, 1).Select(batch => this with { Batch = batch })
            .Concat(Shrinking.Towards(Rows, 1).Select(rows => this with { Rows = rows }))
            .Concat(Shrinking.Towards(Depth, 1).Select(depth => this with { Depth = depth }))
            .Concat(Shrinking.Towards(Columns, 1).Select(columns => this with { Columns = columns }));

    protected override MatrixProductProblem MakeProblem() => new(Batch, Rows, Depth, Columns);
}

/// <summary>Softmax of each plane.</summary>
internal sealed record SoftmaxCase(int Planes, int Length) : KernelCase<SoftmaxProblem>
{
    public override PlaneSet Inputs => new(Planes, Length);

    public override PlaneSet Outputs => new(Planes, Length);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        SoftmaxReference.Run(Planes, Length, input, values);
        // Inputs differ by at most 8, whose rounding the exponential turns into a relative error.
        return new Expectation(values, [.. values.Select(value => float.IsFinite(value) ? 16 * UnitRoundoff * value : 0)]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Planes, 1).Select(planes => this with { Planes = planes })
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override SoftmaxProblem MakeProblem() => new(Planes, Length);
}

/// <summary>Softmax across the planes of each group, or its logarithm.</summary>
internal sealed record SoftmaxColumnsCase(int Groups, int GroupPlanes, int Length, bool IsLogarithm) : KernelCase<SoftmaxColumnsProblem>
{
    public override PlaneSet Inputs => new(Groups * GroupPlanes, Length);

    public override PlaneSet Outputs => Inputs;

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements], column = new float[GroupPlanes], result = new float[GroupPlanes];
        for (int group = 0; group < Groups; group++)
        {
            for (int place = 0; place < Length; place++)
            {
                int first = (group * GroupPlanes * Length) + place;
                for (int plane = 0; plane < GroupPlanes; plane++)
                {
                    column[plane] = input[first + (plane * Length)];
                }

                if (IsLogarithm)
                {
                    SoftmaxReference.Logarithm(column, result);
                }
                else
                {
                    SoftmaxReference.Run(1, GroupPlanes, column, result);
                }

                for (int plane = 0; plane < GroupPlanes; plane++)
                {
                    values[first + (plane * Length)] = result[plane];
                }
            }
        }

        return new Expectation(
            values,
            [.. values.Select(value => !float.IsFinite(value) ? 0 : IsLogarithm ? 64 * UnitRoundoff : 16 * UnitRoundoff * value)]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Groups, 1).Select(groups => this with { Groups = groups })
            .Concat(Shrinking.Towards(GroupPlanes, 1).Select(planes => this with { GroupPlanes = planes }))
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override SoftmaxColumnsProblem MakeProblem() => new(Groups, GroupPlanes, Length, IsLogarithm);
}
