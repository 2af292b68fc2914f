using DwEngine.Kernels.Elementwise;
using DwEngine.Kernels.Elementwise.Operators;
using DwEngine.Simd;

namespace DwEngine.Kernels;

/// <summary>
/// A function that a layer applies to each of its results before it stores them: a clamp, which may be none at all, or another function
/// that often follows a convolution, such as leaky ReLU, hard swish or SiLU.
/// </summary>
public sealed record Activation
{
    private readonly Clamp _clamp;
    private readonly IUnaryOperator? _function;

    private Activation(Clamp clamp, IUnaryOperator? function)
    {
        _clamp = clamp;
        _function = function;
    }

    /// <summary>Results stay as they are.</summary>
    public static Activation None { get; } = new(Clamp.None, null);

    /// <summary>The clamp that it is, or null if it is another function.</summary>
    public Clamp? AsClamp => _function is null ? _clamp : null;

    /// <summary>Its operator, or null if it is a clamp.</summary>
    internal IUnaryOperator? Function => _function;

    /// <summary>An activation that is a clamp.</summary>
    public static implicit operator Activation(Clamp clamp) => FromClamp(clamp);

    /// <summary>An activation that is a clamp.</summary>
    public static Activation FromClamp(Clamp clamp) => new(clamp, null);

    /// <summary>This and then another as one, or null if no activation is both.</summary>
    public Activation? Then(Activation next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return this == None ? next
            : next == None ? this
            : AsClamp is { } first && next.AsClamp is { } second ? first.Then(second)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => _function is null ? $"{_clamp}" : $"{_function}";

    /// <summary>The activation that is an operator, or null if it is none that a kernel can apply to its results.</summary>
    internal static Activation? Of(IUnaryOperator operation) =>
        operation.AsClamp is { } clamp ? clamp : operation.Entry.Traits.IsActivation ? new Activation(Clamp.None, operation) : null;

    /// <summary>Its value for one number, with the bits that kernels give.</summary>
    internal float Apply(float x) => _function is null
        ? ScalarVector.Clamp(ScalarVector.Broadcast(x), ScalarVector.Broadcast(_clamp.Low), ScalarVector.Broadcast(_clamp.High)).Value
        : _function.Entry.Apply(_function, x);

    /// <summary>What applies it to results in memory.</summary>
    internal Finisher FinisherFor(Isa isa) => (_function ?? new Clip(_clamp.Low, _clamp.High)).FinisherFor(isa)
        ?? throw new NotSupportedException($"{_function} is an activation, but no kernel can apply it to its results.");
}
