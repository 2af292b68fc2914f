using DwEngine.Kernels;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>Planes of equal length, side by side.</summary>
internal readonly record struct PlaneSet(int Count, int Length)
{
    public int Elements => Count * Length;
}

/// <summary>What a kernel must compute: values, and how far each may be off by rounding.</summary>
internal sealed record Expectation(float[] Values, double[] Tolerances)
{
    /// <summary>Whether the bits count, as of elements that are no floats.</summary>
    public bool IsBitwise { get; init; }

    /// <summary>Where a value may be NaN although the reference's is not; nowhere if null.</summary>
    public bool[]? MayBeNaN { get; init; }
}

/// <summary>
/// A problem for kernels together with its numbers, which follow from the seed. The reference decides what is right; the case knows
/// only how to ask it.
/// </summary>
internal abstract record KernelCase
{
    /// <summary>The unit of rounding of binary32, relative.</summary>
    protected const double UnitRoundoff = 1.0 / (1 << 24);

    /// <summary>The seed of all numbers.</summary>
    public required int Seed { get; init; }

    /// <summary>Whether a few inputs are NaN or infinite.</summary>
    public bool HasSpecialNumbers { get; init; }

    /// <summary>What a kernel reads.</summary>
    public abstract PlaneSet Inputs { get; }

    /// <summary>What a kernel writes.</summary>
    public abstract PlaneSet Outputs { get; }

    /// <summary>Multiply-adds, as the layer that asks for this counts them.</summary>
    public virtual long MultiplyAdds => 0;

    /// <summary>Whether the row solves this kind of problem, and this one.</summary>
    public abstract bool IsAcceptedBy(KernelRow row);

    /// <summary>Binds a row that accepts the problem.</summary>
    public abstract BoundKernel Bind(KernelRow row, PackedWeights weights);

    /// <summary>Asks the reference.</summary>
    public abstract Expectation Expect(ReadOnlySpan<float> input);

    /// <summary>The same for a row whose algorithm has an error bound of its own.</summary>
    public virtual Expectation ExpectOf(KernelRow row, ReadOnlySpan<float> input) => Expect(input);

    /// <summary>Simpler cases, the simplest first.</summary>
    public abstract IEnumerable<KernelCase> Shrink();

    /// <summary>How many of an input plane's elements exist: of an operand that repeats it is one.</summary>
    public virtual int ReadableLength(int plane) => Inputs.Length;

    /// <summary>Whether some inputs are places among others, so that only <see cref="MakeInput"/> can make them.</summary>
    public virtual bool HasPlaces => false;

    /// <summary>All input planes, one after the other.</summary>
    public virtual float[] MakeInput()
    {
        var random = new Random(Seed);
        float[] input = Values(random, Inputs.Elements);
        if (HasSpecialNumbers)
        {
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                input[random.Next(input.Length)] =
                    random.Next(3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => float.NegativeInfinity };
            }
        }

        return input;
    }

    /// <summary>The elements of some planes that follow one another in the input.</summary>
    public float[] Read(ReadOnlySpan<float> input, int firstPlane, PlaneSet planes)
    {
        float[] elements = new float[planes.Elements];
        for (int plane = 0; plane < planes.Count; plane++)
        {
            input.Slice((firstPlane + plane) * Inputs.Length, planes.Length).CopyTo(elements.AsSpan(plane * planes.Length));
        }

        return elements;
    }

    /// <summary>Uniform numbers between -4 and 4, so that ReLU6 has something to cut off on both sides.</summary>
    protected static float[] Values(Random random, int count)
    {
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan())
        {
            value = (random.NextSingle() * 8) - 4;
        }

        return values;
    }

    /// <summary>The numbers of the parameters, apart from those of the inputs.</summary>
    protected Random ParameterRandom() => new(~Seed);

    /// <summary>
    /// How far a sum of <paramref name="terms"/> products may be off whose absolute values sum to each of the magnitudes. In the worst case
    /// errors grow with the number of terms, in fact with its square root (Higham, "Accuracy and Stability of Numerical Algorithms",
    /// section 2.8).
    /// </summary>
    protected static double[] SumTolerances(ReadOnlySpan<float> magnitudes, int terms)
    {
        double[] tolerances = new double[magnitudes.Length];
        for (int i = 0; i < tolerances.Length; i++)
        {
            // With an infinite term the result is infinite, NaN, or a limit of the clamp: exact in each case.
            tolerances[i] = float.IsFinite(magnitudes[i]) ? (4 + (2 * Math.Sqrt(terms))) * UnitRoundoff * magnitudes[i] : 0;
        }

        return tolerances;
    }

    protected static float[] Absolute(ReadOnlySpan<float> values)
    {
        float[] absolute = new float[values.Length];
        for (int i = 0; i < absolute.Length; i++)
        {
            absolute[i] = Math.Abs(values[i]);
        }

        return absolute;
    }
}

/// <summary>A case of one kind of problem.</summary>
internal abstract record KernelCase<TProblem> : KernelCase
{
    /// <inheritdoc/>
    public override bool IsAcceptedBy(KernelRow row) => row is KernelRow<TProblem> own && own.Accepts(MakeProblem());

    /// <inheritdoc/>
    public override BoundKernel Bind(KernelRow row, PackedWeights weights) =>
        PreparedKernel.Of(((KernelRow<TProblem>)row).Bind(MakeProblem(), weights), Inputs.Count);

    /// <summary>The problem, with weights of its own.</summary>
    protected abstract TProblem MakeProblem();
}
