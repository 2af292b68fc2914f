using System.Collections.Frozen;
using System.Collections.Immutable;
using DwEngine.Kernels.Elementwise.Operators;

namespace DwEngine.Kernels.Elementwise;

/// <summary>
/// Every elementwise operator, once. Kernels for each instruction set, layers, tests and benchmarks all follow from it, so a new operator
/// is a struct and a line here.
/// </summary>
internal static class OperatorTable
{
    /// <summary>All operators.</summary>
    public static ImmutableArray<OperatorEntry> Entries { get; } =
    [
        UnaryEntry<Relu>.Instance,
        UnaryEntry<Relu6>.Instance,
        UnaryEntry<Clip>.Instance,
        UnaryEntry<LeakyRelu>.Instance,
        UnaryEntry<Elu>.Instance,
        UnaryEntry<Selu>.Instance,
        UnaryEntry<Sigmoid>.Instance,
        UnaryEntry<HardSigmoid>.Instance,
        UnaryEntry<HardSwish>.Instance,
        UnaryEntry<Silu>.Instance,
        UnaryEntry<Tanh>.Instance,
        UnaryEntry<Gelu>.Instance,
        UnaryEntry<GeluTanh>.Instance,
        UnaryEntry<Softplus>.Instance,
        UnaryEntry<Mish>.Instance,
        UnaryEntry<Exp>.Instance,
        UnaryEntry<Log>.Instance,
        UnaryEntry<Sqrt>.Instance,
        UnaryEntry<Abs>.Instance,
        UnaryEntry<Neg>.Instance,
        UnaryEntry<Reciprocal>.Instance,
        UnaryEntry<Floor>.Instance,
        UnaryEntry<Ceil>.Instance,
        UnaryEntry<Round>.Instance,
        UnaryEntry<Erf>.Instance,
        UnaryEntry<Sign>.Instance,
        UnaryEntry<Softsign>.Instance,
        UnaryEntry<ThresholdedRelu>.Instance,
        UnaryEntry<Shrink>.Instance,
        UnaryEntry<Celu>.Instance,
        UnaryEntry<Sin>.Instance,
        UnaryEntry<Cos>.Instance,
        UnaryEntry<Tan>.Instance,
        UnaryEntry<Asin>.Instance,
        UnaryEntry<Acos>.Instance,
        UnaryEntry<Atan>.Instance,
        UnaryEntry<Sinh>.Instance,
        UnaryEntry<Cosh>.Instance,
        UnaryEntry<Asinh>.Instance,
        UnaryEntry<Acosh>.Instance,
        UnaryEntry<Atanh>.Instance,
        BinaryEntry<Add>.Instance,
        BinaryEntry<Sub>.Instance,
        BinaryEntry<Mul>.Instance,
        BinaryEntry<Div>.Instance,
        BinaryEntry<Pow>.Instance,
        BinaryEntry<Min>.Instance,
        BinaryEntry<Max>.Instance,
        BinaryEntry<PRelu>.Instance,
        BinaryEntry<Mod>.Instance,
        BinaryEntry<FMod>.Instance,
        ComparisonEntry<Equal>.Instance,
        ComparisonEntry<Less>.Instance,
        ComparisonEntry<LessOrEqual>.Instance,
        ComparisonEntry<Greater>.Instance,
        ComparisonEntry<GreaterOrEqual>.Instance,
        ComparisonEntry<Unordered>.Instance,
    ];

    private static readonly FrozenDictionary<string, OperatorEntry> s_byName = Entries.ToFrozenDictionary(entry => entry.Traits.Name);

    /// <summary>The operator of that name and kind, or null.</summary>
    public static TEntry? Find<TEntry>(string name)
        where TEntry : OperatorEntry => s_byName.GetValueOrDefault(name) as TEntry;

    /// <summary>The names of all operators of a kind, separated by commas.</summary>
    public static string NamesOf<TEntry>()
        where TEntry : OperatorEntry => string.Join(", ", Entries.OfType<TEntry>());
}
