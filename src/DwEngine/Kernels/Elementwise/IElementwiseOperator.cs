using System.Collections.Immutable;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise;

/// <summary>A number that an operator is made with.</summary>
/// <param name="Name">Its name, as ONNX has it.</param>
/// <param name="Default">Its value where none is given.</param>
internal readonly record struct OperatorParameter(string Name, float Default);

/// <summary>How far a result may be from what <c>Exact</c> says: the larger of the two distances.</summary>
/// <param name="Units">Units in the last place of the exact result.</param>
/// <param name="Absolute">An absolute distance, for results that are tiny beside what they come from.</param>
internal readonly record struct Accuracy(double Units, double Absolute = 0);

/// <summary>What an operator says of itself.</summary>
/// <param name="Name">Its name, as ONNX has it where ONNX has the operator.</param>
/// <param name="Accuracy">The bound of its errors.</param>
/// <param name="Parameters">What it is made with, in the order in which it takes them.</param>
internal sealed record OperatorTraits(string Name, Accuracy Accuracy, params ImmutableArray<OperatorParameter> Parameters)
{
    /// <summary>
    /// Whether kernels apply it to their results, because it often follows them. Such an operator is a clamp or has a finisher.
    /// </summary>
    public bool IsActivation { get; init; }

    /// <summary>The name of its kernel: small letters, words joined by hyphens.</summary>
    public string KernelName { get; } = string.Concat(Name.Select((letter, i) =>
        (i > 0 && char.IsUpper(letter) && char.IsLower(Name[i - 1]) ? "-" : "") + char.ToLowerInvariant(letter)));
}

/// <summary>A function of one number.</summary>
internal interface IUnaryOperator
{
    /// <summary>Its entry in the table.</summary>
    UnaryEntry Entry { get; }

    /// <summary>What it was made with, in the order of its traits; of operators that are no activations nobody asks.</summary>
    ImmutableArray<float> Parameters => [];

    /// <summary>The clamp that is the same function, or null if none is.</summary>
    Clamp? AsClamp => null;

    /// <summary>What applies it to a kernel's results, or null for an operator that is no activation.</summary>
    Finisher? FinisherFor(Isa isa) => null;

    /// <summary>The textbook's formula, in double precision.</summary>
    double Exact(double x);
}

/// <summary>
/// A function of one number: a small struct that holds its parameters. It is written once, over the vocabulary of vectors; <see
/// cref="ScalarVector"/> makes the form for one number of it, with the same bits.
/// </summary>
/// <typeparam name="TSelf">The struct itself.</typeparam>
internal interface IUnaryOperator<TSelf> : IUnaryOperator
    where TSelf : struct, IUnaryOperator<TSelf>
{
    /// <summary>What it says of itself.</summary>
    static abstract OperatorTraits Traits { get; }

    UnaryEntry IUnaryOperator.Entry => UnaryEntry<TSelf>.Instance;

    /// <summary>Makes it of its parameters, none of which is NaN.</summary>
    static abstract TSelf Create(ReadOnlySpan<float> parameters);

    /// <summary>The function of each lane.</summary>
    TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector>;
}

/// <summary>A function of two numbers.</summary>
internal interface IBinaryOperator
{
    /// <summary>Its entry in the table.</summary>
    BinaryEntry Entry { get; }

    /// <summary>The textbook's formula, in double precision.</summary>
    double Exact(double a, double b);
}

/// <summary>A function of two numbers: a small struct without parameters, written once over the vocabulary of vectors.</summary>
/// <typeparam name="TSelf">The struct itself.</typeparam>
internal interface IBinaryOperator<TSelf> : IBinaryOperator
    where TSelf : struct, IBinaryOperator<TSelf>
{
    /// <inheritdoc cref="IUnaryOperator{TSelf}.Traits"/>
    static abstract OperatorTraits Traits { get; }

    BinaryEntry IBinaryOperator.Entry => BinaryEntry<TSelf>.Instance;

    /// <summary>The function of each pair of lanes.</summary>
    static abstract TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector>;
}

/// <summary>A question about two numbers. Of NaN each answer is no, unless the question is whether there is one.</summary>
internal interface IComparison
{
    /// <summary>Its entry in the table.</summary>
    ComparisonEntry Entry { get; }

    /// <summary>The answer.</summary>
    bool Exact(double a, double b);
}

/// <summary>A question about two numbers: a small struct without parameters, written once over the vocabulary of vectors.</summary>
/// <typeparam name="TSelf">The struct itself.</typeparam>
internal interface IComparison<TSelf> : IComparison
    where TSelf : struct, IComparison<TSelf>
{
    /// <inheritdoc cref="IUnaryOperator{TSelf}.Traits"/>
    static abstract OperatorTraits Traits { get; }

    ComparisonEntry IComparison.Entry => ComparisonEntry<TSelf>.Instance;

    /// <summary>A mask of the lanes where the answer is yes.</summary>
    static abstract TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector>;
}
