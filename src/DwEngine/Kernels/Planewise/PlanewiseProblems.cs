namespace DwEngine.Kernels.Planewise;

/// <summary>Copies planes, which may lie anywhere on both sides.</summary>
/// <param name="Planes">Images x channels.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="ElementSize">Bytes of an element.</param>
internal sealed record CopyProblem(int Planes, int PlaneLength, int ElementSize = sizeof(float));

/// <summary>Each channel times a scale plus a shift: batch norm that could not be folded, or an activation alone.</summary>
/// <param name="Batch">Images.</param>
/// <param name="Channels">Channels.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="Scale">A factor for each channel, or null for 1.</param>
/// <param name="Shift">A summand for each channel, or null for 0.</param>
/// <param name="Clamp">The epilogue.</param>
internal sealed record ScaleShiftProblem(int Batch, int Channels, int PlaneLength, float[]? Scale, float[]? Shift, Clamp Clamp);

/// <summary>Floats from bytes: each channel times a scale plus a shift.</summary>
/// <param name="Batch">Images.</param>
/// <param name="Channels">Channels.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="Scale">A factor for each channel.</param>
/// <param name="Shift">A summand for each channel.</param>
internal sealed record ConvertProblem(int Batch, int Channels, int PlaneLength, float[] Scale, float[] Shift);
