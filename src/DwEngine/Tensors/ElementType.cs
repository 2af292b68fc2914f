namespace DwEngine.Tensors;

/// <summary>
/// The type of a tensor's elements. Floating-point types can be converted to <see cref="Float32"/>, in which the engine computes.
/// </summary>
public enum ElementType
{
    /// <summary>IEEE 754 binary32.</summary>
    Float32,

    /// <summary>IEEE 754 binary16.</summary>
    Float16,

    /// <summary>The upper half of a binary32: 8 bits of exponent, 7 of fraction.</summary>
    BFloat16,

    /// <summary>IEEE 754 binary64.</summary>
    Float64,

    /// <summary>Signed 64-bit integer.</summary>
    Int64,

    /// <summary>Signed 32-bit integer.</summary>
    Int32,

    /// <summary>Signed 16-bit integer.</summary>
    Int16,

    /// <summary>Signed 8-bit integer.</summary>
    Int8,

    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}

/// <summary>Facts about element types.</summary>
public static class ElementTypes
{
    /// <summary>The size of one element in bytes.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Float64 or ElementType.Int64 => 8,
        ElementType.Float32 or ElementType.Int32 => 4,
        ElementType.Float16 or ElementType.BFloat16 or ElementType.Int16 => 2,
        ElementType.Int8 or ElementType.UInt8 or ElementType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type."),
    };

    /// <summary>Whether elements are floating-point numbers.</summary>
    public static bool IsFloatingPoint(this ElementType type) =>
        type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64;

    /// <summary>The element type that a C# type stands for.</summary>
    /// <exception cref="ArgumentException">It stands for none.</exception>
    public static ElementType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? ElementType.Float32
        : typeof(T) == typeof(Half) ? ElementType.Float16
        : typeof(T) == typeof(double) ? ElementType.Float64
        : typeof(T) == typeof(long) ? ElementType.Int64
        : typeof(T) == typeof(int) ? ElementType.Int32
        : typeof(T) == typeof(short) ? ElementType.Int16
        : typeof(T) == typeof(sbyte) ? ElementType.Int8
        : typeof(T) == typeof(byte) ? ElementType.UInt8
        : typeof(T) == typeof(bool) ? ElementType.Bool
        : throw new ArgumentException(
            $"No element type is a {typeof(T).Name}; expected float, Half, double, long, int, short, sbyte, byte or bool.");
}
