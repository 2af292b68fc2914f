using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>One step of a session's plan.</summary>
/// <param name="Name">The node that it computes.</param>
/// <param name="Kernel">The kernel that computes it.</param>
/// <param name="OutputShape">The shape of what it computes.</param>
/// <param name="MultiplyAdds">Multiply-adds of one run.</param>
public sealed record StepInfo(string Name, string Kernel, Shape OutputShape, long MultiplyAdds);
