using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace DwEngine.Benchmarks.InnerLoops;

/// <summary>The instructions of a loop, the jump back to its begin as the last.</summary>
/// <param name="Instructions">One line each.</param>
/// <param name="UsesFramePointer">Whether <c>rbp</c> points into the stack, as <c>rsp</c> always does.</param>
internal sealed partial record InnerLoop(ImmutableArray<string> Instructions, bool UsesFramePointer)
{
    /// <summary>What the jump back names.</summary>
    public const string Label = "loop";

    /// <summary>Fused multiply-adds.</summary>
    public int MultiplyAdds => Count(MultiplyAdd());

    /// <summary>Whole vectors that are read.</summary>
    public int Loads => Count(VectorLoad());

    /// <summary>Vectors that are written.</summary>
    public int Stores => Count(VectorStore());

    /// <summary>Broadcasts from memory as instructions of their own.</summary>
    public int Broadcasts => Count(MemoryBroadcast());

    /// <summary>Broadcasts that are operands of other instructions.</summary>
    public int Folded => Count(FoldedBroadcast());

    /// <summary>Other instructions on vectors: moves between registers, broadcasts from registers, shuffles.</summary>
    public int OtherVectors => Count(VectorInstruction()) - MultiplyAdds - Broadcasts - Count(VectorMove());

    /// <summary>Reads and writes of the stack: what does not fit into registers, or was never there.</summary>
    public int StackAccesses => Count(UsesFramePointer ? Stack() : StackPointer());

    /// <summary>Whole vectors that are written to the stack.</summary>
    public int VectorsSpilled => OnStack(VectorStore());

    /// <summary>Whole vectors that are read from the stack: those that are spilled, and constants for which there is no register.</summary>
    public int VectorsReloaded => OnStack(VectorLoad());

    /// <summary>Whether the loop reads or writes whole vectors, not only constants and the stack.</summary>
    public bool WalksVectors => Instructions.Any(
        line => WholeVectorInMemory().IsMatch(line) && !(UsesFramePointer ? Stack() : StackPointer()).IsMatch(line));

    /// <summary>Calls.</summary>
    public int Calls => Count(Call());

    /// <summary>The counts as a line.</summary>
    public override string ToString() =>
        $"multiply-adds {MultiplyAdds}, vectors read {Loads}, broadcasts from memory {Broadcasts}, folded into multiply-adds {Folded}; "
        + $"vectors written {Stores}, other vector instructions {OtherVectors}, stack accesses {StackAccesses}, calls {Calls}";

    private int OnStack(Regex regex) => Instructions.Count(
        line => (UsesFramePointer ? Stack() : StackPointer()).IsMatch(line) && WholeVector().IsMatch(line) && regex.IsMatch(line));

    private int Count(Regex regex) => Instructions.Count(line => regex.IsMatch(line));

    [GeneratedRegex(@"^\s+vfn?m(add|sub)")]
    private static partial Regex MultiplyAdd();

    [GeneratedRegex(@"^\s+v\w+\s+[^\[]+,.*mmword ptr \[")]
    private static partial Regex VectorLoad();

    [GeneratedRegex(@"^\s+v\w+\s+\w+ ptr \[")]
    private static partial Regex VectorStore();

    [GeneratedRegex(@"^\s+vbroadcastss\s+\w+, dword ptr \[")]
    private static partial Regex MemoryBroadcast();

    [GeneratedRegex(@"\{1to\d+\}")]
    private static partial Regex FoldedBroadcast();

    [GeneratedRegex(@"^\s+v")]
    private static partial Regex VectorInstruction();

    // To or from memory.
    [GeneratedRegex(@"^\s+vmov\w+\s.*ptr \[")]
    private static partial Regex VectorMove();

    [GeneratedRegex(@"\b[yz]mm(\d|word)")]
    private static partial Regex WholeVector();

    [GeneratedRegex(@"\b[yz]mmword ptr \[(?!reloc)")]
    private static partial Regex WholeVectorInMemory();

    [GeneratedRegex(@"\[r[sb]p\b")]
    private static partial Regex Stack();

    [GeneratedRegex(@"\[rsp\b")]
    private static partial Regex StackPointer();

    [GeneratedRegex(@"^\s+call\b")]
    private static partial Regex Call();
}
