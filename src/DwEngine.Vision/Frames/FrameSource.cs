namespace DwEngine.Vision.Frames;

/// <summary>What kernels know of a frame's format.</summary>
internal sealed unsafe class FrameSource(FrameFormat format)
{
    public PixelFormat Pixels { get; } = format.Pixels;

    public Plane First { get; } = new(format.Planes[0]);

    public Plane Second { get; } = new(format.Planes.Length > 1 ? format.Planes[1] : default);

    public Plane Third { get; } = new(format.Planes.Length > 2 ? format.Planes[2] : default);

    public ColourCoefficients Coefficients { get; } = new(format.Matrix, format.Range);

    public int WhiteLevel { get; } = format.WhiteLevel;

    /// <summary>Where a plane lies.</summary>
    public readonly struct Plane(FramePlane plane)
    {
        public readonly int Offset = plane.Offset, Stride = plane.Stride;

        /// <summary>The first byte of a row.</summary>
        public byte* Row(byte* frame, int y) => frame + Offset + ((nint)y * Stride);
    }
}
