using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>One step of a session's plan.</summary>
/// <param name="Name">The node that it computes, or the nodes, joined by <c> + </c>, where one kernel computes several.</param>
/// <param name="Kernel">The kernel that computes it.</param>
/// <param name="OutputShape">The shape of what it computes.</param>
/// <param name="MultiplyAdds">Multiply-adds of one run, as the layer defines them.</param>
/// <param name="IssuedMultiplyAdds">
/// Multiply-adds that the kernel really issues for them: those of vector lanes beyond a plane's end and of rows that only fill a tile too.
/// Where threads share a layer there may be some more; Winograd's kernels do with fewer than the layer defines. Null where the kernel does
/// not count them.
/// </param>
public sealed record StepInfo(string Name, string Kernel, Shape OutputShape, long MultiplyAdds, long? IssuedMultiplyAdds)
{
    /// <summary>The names of the nodes that it computes; its own if it is a copy that the planner has added.</summary>
    public ImmutableArray<string> Nodes { get; init; } = [Name];

    /// <summary>
    /// Multiply-adds that are issued beyond those that the layer defines, as a share of these: less than 0 where the kernel does with
    /// fewer, null where it does not count them or the layer has none.
    /// </summary>
    public double? PaddedWork =>
        MultiplyAdds > 0 && IssuedMultiplyAdds is { } issued ? (double)(issued - MultiplyAdds) / MultiplyAdds : null;
}
