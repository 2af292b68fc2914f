using System.Numerics;
using System.Runtime.InteropServices;
using DwEngine.Kernels.Axis;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Normalization;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>The logarithm of softmax of each plane.</summary>
internal sealed record LogSoftmaxCase(int Planes, int Length) : KernelCase<LogSoftmaxProblem>
{
    public override PlaneSet Inputs => new(Planes, Length);

    public override PlaneSet Outputs => new(Planes, Length);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        for (int plane = 0; plane < Planes; plane++)
        {
            SoftmaxReference.Logarithm(input.Slice(plane * Length, Length), values.AsSpan(plane * Length, Length));
        }

        // Differences and logarithms are below 16.
        return new Expectation(values, [.. values.Select(value => float.IsFinite(value) ? 64 * UnitRoundoff : 0)]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        ElementwiseCases.Simpler(Planes, Length).Select(size => this with { Planes = size.Planes, Length = size.Length });

    protected override LogSoftmaxProblem MakeProblem() => new(Planes, Length);
}

/// <summary>1 where the largest element is.</summary>
internal sealed record HardmaxCase(int Planes, int Length) : KernelCase<HardmaxProblem>
{
    public override PlaneSet Inputs => new(Planes, Length);

    public override PlaneSet Outputs => new(Planes, Length);

    public override float[] MakeInput() => Array.ConvertAll(base.MakeInput(), MathF.Round);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        for (int plane = 0; plane < Planes; plane++)
        {
            SoftmaxReference.Hard(input.Slice(plane * Length, Length), values.AsSpan(plane * Length, Length));
        }

        return new Expectation(values, new double[values.Length]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        ElementwiseCases.Simpler(Planes, Length).Select(size => this with { Planes = size.Planes, Length = size.Length });

    protected override HardmaxProblem MakeProblem() => new(Planes, Length);
}

/// <summary>The place of the largest or smallest element of floats; places are two floats here.</summary>
internal sealed record ArgExtremeCase(int Planes, int Length, bool IsSmallest, bool TakesLast) : KernelCase<ArgExtremeProblem>
{
    public override PlaneSet Inputs => new(Planes, Length);

    public override PlaneSet Outputs => new(Planes, 2);

    /// <summary>A random case.</summary>
    public static ArgExtremeCase Random(Random random) =>
        new(random.Next(1, 9), random.Next(1, 100), random.Next(2) == 0, random.Next(2) == 0) { Seed = random.Next() };

    // Many are equal.
    public override float[] MakeInput() => Array.ConvertAll(base.MakeInput(), MathF.Round);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        Span<long> places = MemoryMarshal.Cast<float, long>(values.AsSpan());
        for (int plane = 0; plane < Planes; plane++)
        {
            places[plane] = AxisReference.ArgExtreme(input.Slice(plane * Length, Length), IsSmallest, TakesLast);
        }

        return new Expectation(values, new double[values.Length]) { IsBitwise = true };
    }

    public override IEnumerable<KernelCase> Shrink() =>
        ElementwiseCases.Simpler(Planes, Length).Select(size => this with { Planes = size.Planes, Length = size.Length });

    protected override ArgExtremeProblem MakeProblem() => new(ElementType.Float32, Planes, Length, IsSmallest, TakesLast);
}

/// <summary>The largest or smallest elements of Int64, so that both outputs are of equal size; an element is two floats here.</summary>
internal sealed record TopKCase(int Planes, int Length, int Count, bool IsSmallest) : KernelCase<TopKProblem>
{
    public override PlaneSet Inputs => new(Planes, 2 * Length);

    public override PlaneSet Outputs => new(2 * Planes, 2 * Count);

    /// <summary>A random case.</summary>
    public static TopKCase Random(Random random)
    {
        int length = random.Next(1, 90);
        return new TopKCase(random.Next(1, 6), length, random.Next(1, length + 1), random.Next(2) == 0) { Seed = random.Next() };
    }

    public override float[] MakeInput()
    {
        var random = new Random(Seed);
        float[] input = new float[Inputs.Elements];
        foreach (ref long number in MemoryMarshal.Cast<float, long>(input.AsSpan()))
        {
            number = random.Next(4) == 0 ? random.NextInt64() : random.Next(-20, 20);
        }

        return input;
    }

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        Span<long> output = MemoryMarshal.Cast<float, long>(values.AsSpan());
        for (int plane = 0; plane < Planes; plane++)
        {
            long[] row = MemoryMarshal.Cast<float, long>(input).Slice(plane * Length, Length).ToArray();
            int[] places = AxisReference.TopK(row, Count, IsSmallest);
            for (int i = 0; i < Count; i++)
            {
                output[(plane * Count) + i] = row[places[i]];
                output[((Planes + plane) * Count) + i] = places[i];
            }
        }

        return new Expectation(values, new double[values.Length]) { IsBitwise = true };
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Planes, 1).Select(planes => this with { Planes = planes })
            .Concat(Shrinking.Towards(Count, 1).Select(count => this with { Count = count }))
            .Concat(Shrinking.Towards(Length, Count).Select(length => this with { Length = length }));

    protected override TopKProblem MakeProblem() => new(ElementType.Int64, Planes, Length, Count, IsSmallest);
}

/// <summary>Planes added up, of floats or of Int32.</summary>
internal sealed record CumulativeSumCase(ElementType Type, int Planes, int Length, bool IsExclusive, bool IsReverse)
    : KernelCase<CumulativeSumProblem>
{
    public override PlaneSet Inputs => new(Planes, Length);

    public override PlaneSet Outputs => new(Planes, Length);

    /// <summary>A random case.</summary>
    public static CumulativeSumCase Random(Random random) => new(
        random.Next(2) == 0 ? ElementType.Float32 : ElementType.Int32, random.Next(1, 6), random.Next(1, 90), random.Next(2) == 0,
        random.Next(2) == 0)
    {
        Seed = random.Next(),
    };

    public override float[] MakeInput()
    {
        float[] input = base.MakeInput();
        if (Type == ElementType.Int32)
        {
            new Random(Seed).NextBytes(MemoryMarshal.AsBytes(input.AsSpan()));
        }

        return input;
    }

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        double[] tolerances = new double[values.Length];
        for (int element = 0; element < values.Length; element++)
        {
            int first = element / Length * Length;
            (double sum, double magnitude, BigInteger whole) = (0, 0, 0);
            for (int other = first; other < first + Length; other++)
            {
                if (other == element ? !IsExclusive : IsReverse ? other > element : other < element)
                {
                    sum += input[other];
                    magnitude += Math.Abs(input[other]);
                    whole += IntegerReference.Read(ElementType.Int32, MemoryMarshal.AsBytes(input), other);
                }
            }

            values[element] = (float)sum;
            tolerances[element] = double.IsFinite(magnitude) ? 2 * UnitRoundoff * magnitude : 0;
            if (Type == ElementType.Int32)
            {
                IntegerReference.Write(Type, MemoryMarshal.AsBytes(values.AsSpan()), element, whole);
            }
        }

        return new Expectation(values, tolerances) { IsBitwise = Type == ElementType.Int32 };
    }

    public override IEnumerable<KernelCase> Shrink() =>
        ElementwiseCases.Simpler(Planes, Length).Select(size => this with { Planes = size.Planes, Length = size.Length });

    protected override CumulativeSumProblem MakeProblem() => new(Type, Planes, Length, IsExclusive, IsReverse);
}

/// <summary>Groups of planes normalised; the scales and shifts are two more planes.</summary>
internal sealed record NormalizationCase(
    int Groups, int GroupPlanes, int Length, ScaleForm Form, int Channels, bool HasShift, double Epsilon) : KernelCase<NormalizationProblem>
{
    private int Planes => Groups * GroupPlanes;

    private int Scales => MakeProblem().Scales;

    public override PlaneSet Inputs => new(Planes + (Form == ScaleForm.None ? 0 : HasShift ? 2 : 1), Math.Max(Length, Scales));

    public override PlaneSet Outputs => new(Planes, Length);

    /// <summary>A random case.</summary>
    public static NormalizationCase Random(Random random)
    {
        var form = (ScaleForm)random.Next(3);
        int groupPlanes = form == ScaleForm.Elements ? 1 : random.Next(1, 5), groups = random.Next(1, 5);
        int length = random.Next(8) == 0 ? random.Next(1000, 1500) : random.Next(1, 100);
        return new NormalizationCase(
            groups, groupPlanes, length, form, groups * groupPlanes / (groups % 2 == 0 ? 2 : 1),
            form != ScaleForm.None && random.Next(3) > 0, 0.01)
        {
            Seed = random.Next(),
        };
    }

    public override int ReadableLength(int plane) => plane < Planes ? Length : Scales;

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        float[] values = new float[Outputs.Elements];
        double[] tolerances = new double[values.Length], normed = new double[GroupPlanes * Length];
        int pitch = Inputs.Length;
        for (int group = 0; group < Groups; group++)
        {
            float[] numbers = new float[normed.Length];
            for (int i = 0; i < GroupPlanes; i++)
            {
                input.Slice(((group * GroupPlanes) + i) * pitch, Length).CopyTo(numbers.AsSpan(i * Length));
            }

            double factor = NormalizationReference.Run(numbers, Epsilon, normed), largest = numbers.Max(MathF.Abs);
            for (int i = 0; i < normed.Length; i++)
            {
                int plane = (group * GroupPlanes) + (i / Length), place = Form == ScaleForm.Elements ? i : plane % Channels;
                double scale = Form == ScaleForm.None ? 1 : input[(Planes * pitch) + place];
                double shift = HasShift ? input[((Planes + 1) * pitch) + place] : 0;
                double value = (normed[i] * scale) + shift;
                double magnitude = Math.Abs(value) + Math.Abs(shift) + (2 * largest * factor * Math.Abs(scale));
                double tolerance = 8 * UnitRoundoff * magnitude;
                values[(group * normed.Length) + i] = (float)value;
                tolerances[(group * normed.Length) + i] = double.IsFinite(tolerance) ? tolerance : 0;
            }
        }

        return new Expectation(values, tolerances);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Length, 1).Select(length => this with { Length = length })
            .Concat(Shrinking.Towards(Groups, 1).Select(groups => this with { Groups = groups, Channels = groups * GroupPlanes }));

    protected override NormalizationProblem MakeProblem() => new(Groups, GroupPlanes, Length, Form, Channels, HasShift, Epsilon);
}

/// <summary>Each element normalised by neighbouring channels.</summary>
internal sealed record LocalResponseCase(int Batch, int Channels, int Length, int Size) : KernelCase<LocalResponseProblem>
{
    public override PlaneSet Inputs => new(Batch * Channels, Length);

    public override PlaneSet Outputs => new(Batch * Channels, Length);

    /// <summary>A random case.</summary>
    public static LocalResponseCase Random(Random random) =>
        new(random.Next(1, 4), random.Next(1, 12), random.Next(1, 60), random.Next(1, 8)) { Seed = random.Next() };

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        LocalResponseProblem problem = MakeProblem();
        float[] values = new float[Outputs.Elements], all = input.ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            int plane = i / Length, channel = plane % Channels, image = plane - channel, place = i % Length;
            (int first, int end) = problem.Neighbours(channel);
            double[] neighbours =
                [.. Enumerable.Range(first, end - first).Select(other => (double)all[((image + other) * Length) + place])];
            values[i] = (float)NormalizationReference.LocalResponse(input[i], neighbours, Size, problem.Alpha, problem.Beta, problem.Bias);
        }

        return new Expectation(values, [.. values.Select(value => float.IsFinite(value) ? 32 * UnitRoundoff * Math.Abs(value) : 0)]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Channels, 1).Select(channels => this with { Channels = channels })
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override LocalResponseProblem MakeProblem() => new(Batch, Channels, Length, Size, 0.3f, 0.75f, 1.5f);
}
