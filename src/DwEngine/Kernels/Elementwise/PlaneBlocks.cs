namespace DwEngine.Kernels.Elementwise;

/// <summary>Planes cut into blocks, so that a few long ones keep many threads busy, too. A task is one block.</summary>
/// <param name="planes">The number of planes.</param>
/// <param name="length">Elements of a plane.</param>
internal readonly struct PlaneBlocks(int planes, int length)
{
    // A multiple of every vector's length, so that only the last block of a plane has a rest.
    private const int BlockLength = 1 << 13;

    private readonly int _perPlane = Math.Max(1, (int)(((long)length + BlockLength - 1) / BlockLength));
    private readonly int _length = length;

    /// <summary>The number of blocks.</summary>
    public int Count => checked(planes * _perPlane);

    /// <summary>A block's plane, its first element in it, and the number of its elements.</summary>
    public (int Plane, int Start, int Count) this[int block]
    {
        get
        {
            int plane = block / _perPlane, start = (block - (plane * _perPlane)) * BlockLength;
            return (plane, start, Math.Min(BlockLength, _length - start));
        }
    }
}
