namespace DwEngine.Vision.Tests;

/// <summary>
/// Writes JPEG files of one even grey, of any size and at little cost: every coefficient is zero, and each code has one bit.
/// </summary>
internal sealed class FlatJpeg(int width, int height)
{
    public bool Progressive { get; init; }

    /// <summary>1, 3 or 4; none is subsampled.</summary>
    public int Components { get; init; } = 1;

    /// <summary>The start-of-image marker and all up to the frame header.</summary>
    private byte[] Head
    {
        get
        {
            byte[] quantisation = new byte[65];
            quantisation.AsSpan(1).Fill(1);
            byte[] oneCode = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            byte[] frame =
            [
                8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, (byte)Components,
                .. Enumerable.Range(1, Components).SelectMany(id => new byte[] { (byte)id, 0x11, 0 }),
            ];
            return
            [
                0xFF, 0xD8, .. JpegSamples.Segment(0xDB, quantisation), .. JpegSamples.Segment(0xC4, [0x00, .. oneCode]),
                .. JpegSamples.Segment(0xC4, [0x10, .. oneCode]), .. JpegSamples.Segment(Progressive ? (byte)0xC2 : (byte)0xC0, frame),
            ];
        }
    }

    /// <summary>A scan of a file with one component.</summary>
    public byte[] Scan(int start, int end, int previousBit, int bit) =>
        Scan([1], (byte)start, (byte)end, (byte)((previousBit << 4) | bit), Progressive && (start > 0 || previousBit > 0) ? 1 : 2);

    /// <summary>The file, of these scans.</summary>
    public byte[] Write(params byte[][] scans) => [.. Head, .. scans.SelectMany(scan => scan), 0xFF, 0xD9];

    /// <summary>The file with the one scan that a baseline file needs, or the first scan of a progressive one.</summary>
    public byte[] Write() =>
        Write(Scan([.. Enumerable.Range(1, Components).Select(id => (byte)id)], 0, Progressive ? (byte)0 : (byte)63, 0, Progressive ? 1
            : 2));

    private byte[] Scan(byte[] ids, byte start, byte end, byte bits, int codes)
    {
        long blocks = (long)((width + 7) / 8) * ((height + 7) / 8) * ids.Length;
        bool dcOfProgressive = Progressive && start == 0;
        byte[] data = new byte[((blocks * (dcOfProgressive ? 1 : codes)) + 7) / 8];
        byte[] header = [(byte)ids.Length, .. ids.SelectMany(id => new byte[] { id, 0 }), start, end, bits];
        return [.. JpegSamples.Segment(0xDA, header), .. data];
    }
}
