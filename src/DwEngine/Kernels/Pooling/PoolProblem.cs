namespace DwEngine.Kernels.Pooling;

/// <summary>Pooling of every plane by a window.</summary>
/// <param name="Planes">Images x channels.</param>
/// <param name="InputHeight">Rows of a plane.</param>
/// <param name="InputWidth">Columns of a plane.</param>
/// <param name="Window">Kernel, stride, padding and dilation.</param>
internal abstract record PoolProblem(int Planes, int InputHeight, int InputWidth, Window Window);

/// <summary>The largest value under each window; padding never wins.</summary>
internal sealed record MaxPoolProblem(int Planes, int InputHeight, int InputWidth, Window Window)
    : PoolProblem(Planes, InputHeight, InputWidth, Window);

/// <summary>The mean under each window.</summary>
/// <param name="Planes">Images x channels.</param>
/// <param name="InputHeight">Rows of a plane.</param>
/// <param name="InputWidth">Columns of a plane.</param>
/// <param name="Window">Kernel, stride, padding and dilation.</param>
/// <param name="CountIncludePad">Whether padding counts as zeros; else the mean is over the pixels that exist.</param>
internal sealed record AveragePoolProblem(int Planes, int InputHeight, int InputWidth, Window Window, bool CountIncludePad)
    : PoolProblem(Planes, InputHeight, InputWidth, Window);

/// <summary>The mean of every plane.</summary>
/// <param name="Planes">Images x channels.</param>
/// <param name="PlaneLength">Pixels of a plane.</param>
internal sealed record GlobalAveragePoolProblem(int Planes, int PlaneLength);
