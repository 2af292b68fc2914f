using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>An operator as the rest of the engine sees it: what it says of itself, and its kernels.</summary>
/// <param name="traits">What it says of itself.</param>
internal abstract class OperatorEntry(OperatorTraits traits)
{
    /// <summary>What it says of itself.</summary>
    public OperatorTraits Traits { get; } = traits;

    /// <summary>Its kernel for an instruction set.</summary>
    public abstract KernelRow RowOf(Isa isa);

    /// <inheritdoc/>
    public override string ToString() => Traits.Name;
}

/// <summary>A function of one number.</summary>
internal abstract class UnaryEntry(OperatorTraits traits) : OperatorEntry(traits)
{
    /// <summary>Makes it of its parameters, all of them.</summary>
    public abstract IUnaryOperator Create(ReadOnlySpan<float> parameters);

    /// <summary>Its value for one number, with the bits that kernels give.</summary>
    public abstract float Apply(IUnaryOperator operation, float x);
}

/// <inheritdoc/>
internal sealed class UnaryEntry<TOperator>() : UnaryEntry(TOperator.Traits)
    where TOperator : struct, IUnaryOperator<TOperator>
{
    /// <summary>The only one.</summary>
    public static UnaryEntry<TOperator> Instance { get; } = new();

    public override KernelRow RowOf(Isa isa) => isa switch
    {
        Isa.Avx512 => new UnaryKernel<Avx512Vector, TOperator>(),
        Isa.Avx2 => new UnaryKernel<Avx2Vector, TOperator>(),
        Isa.Neon => new UnaryKernel<NeonVector, TOperator>(),
        _ => new UnaryKernel<PortableVector, TOperator>(),
    };

    public override IUnaryOperator Create(ReadOnlySpan<float> parameters) => TOperator.Create(parameters);

    public override float Apply(IUnaryOperator operation, float x) => ((TOperator)operation).Apply(ScalarVector.Broadcast(x)).Value;
}

/// <summary>A function of two numbers.</summary>
internal abstract class BinaryEntry(OperatorTraits traits) : OperatorEntry(traits)
{
    /// <summary>The function.</summary>
    public abstract IBinaryOperator Operator { get; }

    /// <summary>Its value for two numbers, with the bits that kernels give.</summary>
    public abstract float Apply(float a, float b);
}

/// <inheritdoc/>
internal sealed class BinaryEntry<TOperator>() : BinaryEntry(TOperator.Traits)
    where TOperator : struct, IBinaryOperator<TOperator>
{
    /// <summary>The only one.</summary>
    public static BinaryEntry<TOperator> Instance { get; } = new();

    public override IBinaryOperator Operator { get; } = default(TOperator);

    public override KernelRow RowOf(Isa isa) => isa switch
    {
        Isa.Avx512 => new BinaryKernel<Avx512Vector, TOperator>(),
        Isa.Avx2 => new BinaryKernel<Avx2Vector, TOperator>(),
        Isa.Neon => new BinaryKernel<NeonVector, TOperator>(),
        _ => new BinaryKernel<PortableVector, TOperator>(),
    };

    public override float Apply(float a, float b) => TOperator.Apply(ScalarVector.Broadcast(a), ScalarVector.Broadcast(b)).Value;
}

/// <summary>A question about two numbers.</summary>
internal abstract class ComparisonEntry(OperatorTraits traits) : OperatorEntry(traits)
{
    /// <summary>The question.</summary>
    public abstract IComparison Comparison { get; }
}

/// <inheritdoc/>
internal sealed class ComparisonEntry<TComparison>() : ComparisonEntry(TComparison.Traits)
    where TComparison : struct, IComparison<TComparison>
{
    /// <summary>The only one.</summary>
    public static ComparisonEntry<TComparison> Instance { get; } = new();

    public override IComparison Comparison { get; } = default(TComparison);

    public override KernelRow RowOf(Isa isa) => isa switch
    {
        Isa.Avx512 => new ComparisonKernel<Avx512Vector, TComparison>(),
        Isa.Avx2 => new ComparisonKernel<Avx2Vector, TComparison>(),
        Isa.Neon => new ComparisonKernel<NeonVector, TComparison>(),
        _ => new ComparisonKernel<PortableVector, TComparison>(),
    };
}
