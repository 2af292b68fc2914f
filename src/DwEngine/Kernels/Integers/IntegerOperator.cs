using System.Numerics;
using System.Runtime.CompilerServices;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Integers;

/// <summary>A function of whole numbers. Its name is that of the same function of floats, where there is one.</summary>
internal enum IntegerOperator
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a - b.</summary>
    Sub,

    /// <summary>a b.</summary>
    Mul,

    /// <summary>a / b without its fraction; 0 where b is 0, as in NumPy.</summary>
    Div,

    /// <summary>What is left of a divided by b, with the sign of b; 0 where b is 0.</summary>
    Mod,

    /// <summary>What is left of a divided by b, with the sign of a; 0 where b is 0.</summary>
    FMod,

    /// <summary>a to the power of b without its fraction; 0 where a is 0 and b is negative.</summary>
    Pow,

    /// <summary>The smaller of both.</summary>
    Min,

    /// <summary>The larger of both.</summary>
    Max,

    /// <summary>Whether a is equal to b.</summary>
    Equal,

    /// <summary>Whether a is less than b.</summary>
    Less,

    /// <summary>Whether a is less than b or equal to it.</summary>
    LessOrEqual,

    /// <summary>Whether a is more than b.</summary>
    Greater,

    /// <summary>Whether a is more than b or equal to it.</summary>
    GreaterOrEqual,

    /// <summary>The absolute value of a.</summary>
    Abs,

    /// <summary>-a.</summary>
    Neg,

    /// <summary>-1, 0 or 1, as a is.</summary>
    Sign,

    /// <summary>max(a, 0).</summary>
    Relu,
}

/// <summary>What is known of the functions of whole numbers. Results that an element has no room for wrap around.</summary>
internal static class IntegerOperators
{
    /// <summary>Whether elements are whole numbers that can be computed with.</summary>
    public static bool IsInteger(this ElementType type) =>
        type is ElementType.Int64 or ElementType.Int32 or ElementType.Int16 or ElementType.Int8 or ElementType.UInt8;

    /// <summary>Whether the function is a question, whose answers are of type <see cref="ElementType.Bool"/>.</summary>
    public static bool IsQuestion(this IntegerOperator operation) =>
        operation is >= IntegerOperator.Equal and <= IntegerOperator.GreaterOrEqual;

    /// <summary>Whether the function is of one number.</summary>
    public static bool IsUnary(this IntegerOperator operation) => operation >= IntegerOperator.Abs;

    /// <summary>The function of that name, or null if whole numbers have none.</summary>
    public static IntegerOperator? Find(string name) =>
        Enum.TryParse(name, out IntegerOperator operation) && operation.ToString() == name ? operation : null;

    /// <summary>The function of two numbers; 1 and 0 are the answers to a question. Of one number, b does not count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(IntegerOperator operation, T a, T b)
        where T : IBinaryInteger<T> => operation switch
        {
            IntegerOperator.Add => a + b,
            IntegerOperator.Sub => a - b,
            IntegerOperator.Mul => a * b,
            IntegerOperator.Div => Divide(a, b),
            IntegerOperator.Mod => Modulo(a, b),
            IntegerOperator.FMod => a - (Divide(a, b) * b) is var rest && T.IsZero(b) ? T.Zero : rest,
            IntegerOperator.Pow => Power(a, b),
            IntegerOperator.Min => T.Min(a, b),
            IntegerOperator.Max => T.Max(a, b),
            IntegerOperator.Equal => OfAnswer<T>(a == b),
            IntegerOperator.Less => OfAnswer<T>(a < b),
            IntegerOperator.LessOrEqual => OfAnswer<T>(a <= b),
            IntegerOperator.Greater => OfAnswer<T>(a > b),
            IntegerOperator.GreaterOrEqual => OfAnswer<T>(a >= b),
            IntegerOperator.Abs => T.IsNegative(a) ? T.Zero - a : a,
            IntegerOperator.Neg => T.Zero - a,
            IntegerOperator.Sign => T.CreateTruncating(T.Sign(a)),
            _ => T.Max(a, T.Zero),
        };

    // The hardware knows no quotient by 0, and none of the least number by -1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Divide<T>(T a, T b)
        where T : IBinaryInteger<T> => T.IsZero(b) ? T.Zero : T.IsNegative(b) && b + T.One == T.Zero ? T.Zero - a : a / b;

    private static T Modulo<T>(T a, T b)
        where T : IBinaryInteger<T>
    {
        if (T.IsZero(b))
        {
            return T.Zero;
        }

        T rest = a - (Divide(a, b) * b);
        return !T.IsZero(rest) && T.IsNegative(rest) != T.IsNegative(b) ? rest + b : rest;
    }

    private static T Power<T>(T a, T b)
        where T : IBinaryInteger<T>
    {
        if (T.IsNegative(b))
        {
            bool isMinusOne = T.IsNegative(a) && a + T.One == T.Zero;
            return a == T.One || (isMinusOne && T.IsEvenInteger(b)) ? T.One : isMinusOne ? a : T.Zero;
        }

        T power = T.One;
        for (; b > T.Zero; b >>= 1, a *= a)
        {
            power = T.IsOddInteger(b) ? power * a : power;
        }

        return power;
    }

    private static T OfAnswer<T>(bool isTrue)
        where T : IBinaryInteger<T> => isTrue ? T.One : T.Zero;
}
