using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Kernels.Layout;
using DwEngine.Kernels.Planewise;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>
/// A value of four axes, of which the first two count planes, with its axes in another order and each axis by a list of indices; -1 is the
/// fill value.
/// </summary>
/// <param name="ElementSize">Bytes of an element.</param>
/// <param name="Dimensions">The input's four dimensions.</param>
/// <param name="Order">For each output axis the input's axis.</param>
/// <param name="Indices">For each output axis the indices.</param>
/// <param name="Outer">How many output axes count planes.</param>
internal sealed record RearrangeCase(
    int ElementSize, ImmutableArray<int> Dimensions, ImmutableArray<int> Order, ImmutableArray<ImmutableArray<int>> Indices, int Outer)
    : KernelCase<RearrangeProblem>
{
    private const ulong Fill = 0x0102_0304_0506_0708;

    public override PlaneSet Inputs => new(Dimensions[0] * Dimensions[1], Dimensions[2] * Dimensions[3] * ElementSize / sizeof(float));

    public override PlaneSet Outputs => new(Product(Indices[..Outer]), Product(Indices[Outer..]) * ElementSize / sizeof(float));

    /// <summary>A transpose, in which the axis that counts planes becomes the last one, or that comes from the last one.</summary>
    public static RearrangeCase RandomTranspose(Random random)
    {
        int size = 1 << random.Next(4);
        ImmutableArray<int> dimensions = [random.Next(1, 3), 4 * random.Next(1, 8), random.Next(1, 6), 4 * random.Next(1, 12)];
        ImmutableArray<int> order = random.Next(3) switch { 0 => [0, 2, 3, 1], 1 => [0, 3, 2, 1], _ => [2, 0, 3, 1] };
        return new RearrangeCase(size, dimensions, order, [.. order.Select(axis => Whole(dimensions[axis]))], random.Next(1, 3))
        {
            Seed = random.Next(),
        };
    }

    /// <summary>The nearest elements of planes that are made twice as large.</summary>
    public static RearrangeCase RandomDoubled(Random random)
    {
        ImmutableArray<int> dimensions = [1, random.Next(1, 5), random.Next(1, 6), 4 * random.Next(1, 12)];
        return new RearrangeCase(
            1 << random.Next(4), dimensions, [0, 1, 2, 3], [[0], Whole(dimensions[1]), Twice(dimensions[2]), Twice(dimensions[3])], 2)
        {
            Seed = random.Next(),
        };
    }

    /// <summary>Random lists of indices: whole axes, parts, repetitions, and some with the fill value.</summary>
    public static RearrangeCase Random(Random random)
    {
        // Planes are counted in floats here, so elements that are smaller come by the four.
        int size = 1 << random.Next(4);
        ImmutableArray<int> dimensions = [random.Next(1, 4), random.Next(1, 5), random.Next(1, 6), 4 * random.Next(1, 6)];
        int[] order = [0, 1, 2, 3];
        random.Shuffle(order);
        int outer = random.Next(4);
        // The last axis is a multiple of four, too, whichever it is.
        ImmutableArray<ImmutableArray<int>> indices =
            [.. order.Select((axis, place) => List(random, dimensions[axis], place == 3 ? 4 * random.Next(1, 7) : random.Next(1, 6)))];
        return new RearrangeCase(size, dimensions, [.. order], indices, outer) { Seed = random.Next() };
    }

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        ReadOnlySpan<byte> source = MemoryMarshal.AsBytes(input);
        float[] output = new float[Outputs.Elements];
        Span<byte> target = MemoryMarshal.AsBytes(output.AsSpan());
        ReadOnlySpan<byte> fill = BitConverter.GetBytes(Fill).AsSpan(0, ElementSize);
        int element = 0;
        foreach (int a in Indices[0])
        {
            foreach (int b in Indices[1])
            {
                foreach (int c in Indices[2])
                {
                    foreach (int d in Indices[3])
                    {
                        int[] place = new int[4];
                        (place[Order[0]], place[Order[1]], place[Order[2]], place[Order[3]]) = (a, b, c, d);
                        int from = (((((place[0] * Dimensions[1]) + place[1]) * Dimensions[2]) + place[2]) * Dimensions[3]) + place[3];
                        ReadOnlySpan<byte> value = place.Contains(-1) ? fill : source.Slice(from * ElementSize, ElementSize);
                        value.CopyTo(target[(element++ * ElementSize)..]);
                    }
                }
            }
        }

        return new Expectation(output, new double[output.Length]);
    }

    public override IEnumerable<KernelCase> Shrink() =>
        from axis in Enumerable.Range(0, 3)
        where Indices[axis].Length > 1
        select this with { Indices = Indices.SetItem(axis, Indices[axis][..1]) };

    protected override RearrangeProblem MakeProblem()
    {
        AxisWalk[] walks = [.. Order.Select((axis, place) => Walk(axis, Indices[place]))];
        return new RearrangeProblem(ElementSize, [.. walks[..Outer]], [.. walks[Outer..]], Fill);
    }

    private static int Product(ImmutableArray<ImmutableArray<int>> axes) => axes.Aggregate(1, (product, axis) => product * axis.Length);

    private static ImmutableArray<int> Whole(int length) => [.. Enumerable.Range(0, length)];

    private static ImmutableArray<int> Twice(int length) => [.. Enumerable.Range(0, 2 * length).Select(i => i / 2)];

    private static ImmutableArray<int> List(Random random, int length, int count) => random.Next(4) switch
    {
        0 => [.. Enumerable.Range(0, count).Select(i => Math.Min(i, length - 1))],
        1 => [.. Enumerable.Range(0, count).Select(i => i < length ? i : -1)],
        2 => [.. Enumerable.Range(0, count).Select(_ => random.Next(-1, length))],
        _ => [.. Enumerable.Range(0, count).Select(_ => random.Next(length))],
    };

    private AxisWalk Walk(int axis, ImmutableArray<int> indices)
    {
        int[] planes = [Dimensions[1], 1, 0, 0], bytes = [0, 0, Dimensions[3] * ElementSize, ElementSize];
        return new AxisWalk(
            [.. indices.Select(index => index < 0 ? AxisWalk.Fill : index * planes[axis])],
            [.. indices.Select(index => index < 0 ? 0L : index * bytes[axis])]);
    }
}

/// <summary>Bytes to floats, scaled and shifted for each channel.</summary>
/// <param name="Batch">Images.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Length">Elements of a plane.</param>
internal sealed record ConvertCase(int Batch, int Channels, int Length) : KernelCase<ConvertProblem>
{
    public override PlaneSet Inputs => new(Batch * Channels, (Length + sizeof(float) - 1) / sizeof(float));

    public override PlaneSet Outputs => new(Batch * Channels, Length);

    public override Expectation Expect(ReadOnlySpan<float> input)
    {
        (float[] scale, float[] shift) = Numbers();
        float[] values = new float[Outputs.Elements], magnitudes = new float[values.Length];
        for (int plane = 0; plane < Batch * Channels; plane++)
        {
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(input.Slice(plane * Inputs.Length, Inputs.Length));
            for (int i = 0; i < Length; i++)
            {
                double product = (double)bytes[i] * scale[plane % Channels];
                values[(plane * Length) + i] = (float)(product + shift[plane % Channels]);
                magnitudes[(plane * Length) + i] = (float)(Math.Abs(product) + Math.Abs(shift[plane % Channels]));
            }
        }

        return new Expectation(values, SumTolerances(magnitudes, 2));
    }

    public override IEnumerable<KernelCase> Shrink() =>
        Shrinking.Towards(Batch, 1).Select(batch => this with { Batch = batch })
            .Concat(Shrinking.Towards(Channels, 1).Select(channels => this with { Channels = channels }))
            .Concat(Shrinking.Towards(Length, 1).Select(length => this with { Length = length }));

    protected override ConvertProblem MakeProblem()
    {
        (float[] scale, float[] shift) = Numbers();
        return new ConvertProblem(Batch, Channels, Length, scale, shift);
    }

    private (float[] Scale, float[] Shift) Numbers()
    {
        Random random = ParameterRandom();
        return (Values(random, Channels), Values(random, Channels));
    }
}
