using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using DwEngine.Kernels.Convolutions;
using DwEngine.Simd;

namespace DwEngine.Benchmarks.InnerLoops;

/// <summary>A method with one hot loop, and what that loop must consist of.</summary>
/// <param name="Name">The name of its file.</param>
/// <param name="Title">What it is, for people.</param>
/// <param name="Method">The method, closed over its type parameters.</param>
/// <param name="MultiplyAdds">Fused multiply-adds of one turn.</param>
/// <param name="Loads">Whole vectors that one turn reads.</param>
/// <param name="Broadcasts">
/// Broadcasts from memory that are instructions of their own, because several multiply-adds share the vector.
/// </param>
/// <param name="Folded">Broadcasts that are operands of multiply-adds.</param>
internal sealed record KernelLoop(string Name, string Title, MethodInfo Method, int MultiplyAdds, int Loads, int Broadcasts, int Folded)
{
    /// <summary>The instruction sets whose loops are known.</summary>
    public static ImmutableArray<Isa> KnownIsas { get; } = [Isa.Avx512, Isa.Avx2];

    /// <summary>
    /// The tiles that <see cref="PanelSweep{TVector}"/> uses with an instruction set, and the loop that measures its peak.
    /// </summary>
    public static ImmutableArray<KernelLoop> Of(Isa isa) => isa == Isa.Avx512
        ?
        [
            Tile<Avx512Vector, Tile8x3>(),
            Tile<Avx512Vector, Tile8x2>(),
            Tile<Avx512Vector, Tile8x1>(),
            Tile<Avx512Vector, Tile6x3>(),
            Tile<Avx512Vector, Tile6x2>(),
            Tile<Avx512Vector, Tile6x1>(),
            Tile<Avx512Vector, Tile4x3>(),
            Tile<Avx512Vector, Tile4x2>(),
            Tile<Avx512Vector, Tile4x1>(),
            Peak<Avx512Vector>(),
        ]
        :
        [
            Tile<Avx2Vector, Tile6x2>(),
            Tile<Avx2Vector, Tile6x1>(),
            Tile<Avx2Vector, Tile4x3>(),
            Tile<Avx2Vector, Tile4x2>(),
            Tile<Avx2Vector, Tile4x1>(),
            Peak<Avx2Vector>(),
        ];

    /// <summary>What finds the method, among others, as <c>DOTNET_JitDisasm</c> spells it.</summary>
    public string Pattern => $"*{Method.DeclaringType!.Name.Split('`')[0]}*:{Method.Name}";

    /// <summary>What <see cref="Accepts"/> wants.</summary>
    public string Expectation =>
        $"multiply-adds {MultiplyAdds}, vectors read {Loads}, broadcasts from memory {Broadcasts}, folded into multiply-adds {Folded}, "
            + $"and none of the rest";

    /// <summary>Whether a loop consists of what it must and does nothing else with vectors, the stack or other methods.</summary>
    public bool Accepts(InnerLoop loop) =>
        loop.MultiplyAdds == MultiplyAdds && loop.Loads == Loads && loop.Broadcasts == Broadcasts && loop.Folded == Folded
        && loop is { Stores: 0, OtherVectors: 0, StackAccesses: 0, Calls: 0 };

    /// <summary>Has the JIT compiler compile the method.</summary>
    public void Compile() => RuntimeHelpers.PrepareMethod(
        Method.MethodHandle,
        [.. Method.DeclaringType!.GetGenericArguments().Concat(Method.GetGenericArguments()).Select(argument => argument.TypeHandle)]);

    /// <summary>
    /// Whether the JIT compiler's name of a method, such as <c>Namespace.Class`1[Argument]:Method[Argument](int)</c>, means this one.
    /// </summary>
    public bool IsNamed(string name)
    {
        Type type = Method.DeclaringType!;
        string declaring = type.IsGenericType ? $"{type.GetGenericTypeDefinition().FullName}[{type.GetGenericArguments()[0].FullName}]:"
            : $"{type.FullName}:";
        return name.StartsWith(declaring, StringComparison.Ordinal)
            && name.Contains($":{Method.Name}[{Method.GetGenericArguments()[0].FullName}", StringComparison.Ordinal);
    }

    private static KernelLoop Tile<TVector, TShape>()
        where TVector : struct, IVector<TVector>
        where TShape : struct, ITileShape
    {
        // Only AVX-512 has multiply-adds that broadcast an operand, which pays where no other multiply-add wants the same vector.
        bool folds = TVector.Isa == Isa.Avx512 && TShape.Vectors == 1;
        return new KernelLoop(
            $"{NameOf(TVector.Isa)}-{TShape.Rows}x{TShape.Vectors}",
            $"The loop over k of the register tile GemmTile.Run: {TShape.Rows} output channels x {TShape.Vectors * TVector.Lanes} "
                + $"pixels, in vectors of {TVector.Lanes}.",
            typeof(GemmTile<TVector>).GetMethod(nameof(GemmTile<>.Run))!.MakeGenericMethod(typeof(TShape)),
            TShape.Rows * TShape.Vectors,
            TShape.Vectors,
            folds ? 0 : TShape.Rows,
            folds ? TShape.Rows : 0);
    }

    private static KernelLoop Peak<TVector>()
        where TVector : struct, IVector<TVector> => new(
        $"{NameOf(TVector.Isa)}-peak",
        $"The loop that measures the peak, PeakMeter.Chains: {PeakMeter.ChainCount<TVector>()} independent chains.",
        typeof(PeakMeter).GetMethod(nameof(PeakMeter.Chains), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(
            typeof(TVector)),
        PeakMeter.ChainCount<TVector>(),
        Loads: 0,
        Broadcasts: 0,
        Folded: 0);

    private static string NameOf(Isa isa) => isa.ToString().ToLowerInvariant();
}
