using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise.Operators;

/// <summary>What is left of a divided by b, with the sign of a, as C's fmod has it. Exact.</summary>
internal readonly record struct FMod : IBinaryOperator<FMod>
{
    public static OperatorTraits Traits { get; } = new("FMod", new Accuracy(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Remainder>(a, b);

    public double Exact(double a, double b) => a % b;

    private readonly struct Remainder : IScalarFunction2
    {
        public static double Of(double a, double b) => a % b;
    }
}

/// <summary>What is left of a divided by b, with the sign of b. At most 0.501 units in the last place off.</summary>
internal readonly record struct Mod : IBinaryOperator<Mod>
{
    public static OperatorTraits Traits { get; } = new("Mod", new Accuracy(0.501));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Modulus>(a, b);

    public double Exact(double a, double b) => Modulus.Of(a, b);

    private readonly struct Modulus : IScalarFunction2
    {
        public static double Of(double a, double b)
        {
            double rest = a % b;
            return rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
        }
    }
}
