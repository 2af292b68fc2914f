using System.Buffers.Binary;
using DwEngine.Files;

namespace DwEngine.Vision.Jpeg;

/// <summary>A JPEG frame: what its header declares, and the samples of its components as far as they are decoded.</summary>
internal sealed class JpegFrame
{
    private JpegFrame(int width, int height, bool progressive, JpegComponent[] components, int maxHorizontal, int maxVertical)
    {
        Width = width;
        Height = height;
        Progressive = progressive;
        Components = components;
        MaxHorizontal = maxHorizontal;
        MaxVertical = maxVertical;
    }

    /// <summary>Width in pixels, as stored.</summary>
    public int Width { get; }

    /// <summary>Height in pixels, as stored.</summary>
    public int Height { get; }

    /// <summary>Whether each scan brings a part of the coefficients' bits.</summary>
    public bool Progressive { get; }

    /// <summary>The components, one, three or four.</summary>
    public JpegComponent[] Components { get; }

    /// <summary>The largest horizontal sampling factor.</summary>
    public int MaxHorizontal { get; }

    /// <summary>The largest vertical sampling factor.</summary>
    public int MaxVertical { get; }

    /// <summary>Minimum coded units of all components in a row.</summary>
    public int UnitsWide => DivideUp(Width, JpegComponent.BlockSide * MaxHorizontal);

    /// <summary>Rows of minimum coded units of all components.</summary>
    public int UnitsHigh => DivideUp(Height, JpegComponent.BlockSide * MaxVertical);

    /// <summary>Reads the header.</summary>
    /// <param name="segment">Its bytes behind the length.</param>
    /// <param name="progressive">Whether the marker says so.</param>
    /// <param name="place">Tells errors where they are.</param>
    /// <exception cref="FileFormatException">It is malformed, or of a kind that isn't decoded.</exception>
    public static JpegFrame Read(ReadOnlySpan<byte> segment, bool progressive, JpegPlace place)
    {
        if (segment.Length < 6 || segment.Length != 6 + (3 * segment[5]))
        {
            throw place.Error($"a frame header of {Words.Count(segment.Length, "byte")}; 6, and 3 for each component, were expected");
        }

        if (segment[0] != 8)
        {
            throw place.Error($"samples of {Words.Count(segment[0], "bit")}; 8 were expected");
        }

        int count = segment[5];
        if (count is not (1 or 3 or 4))
        {
            throw place.Error($"{count} colour components; 1, 3 or 4 were expected");
        }

        int height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        int width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        ImageDecoder.CheckSize(place.Name, place.Location, width, height, JpegDecoder.MaxPixelsPerByte * place.FileLength);

        (int Horizontal, int Vertical)[] factors = new (int, int)[count];
        for (int i = 0; i < count; i++)
        {
            byte both = segment[7 + (3 * i)];
            factors[i] = (both >> 4, both & 15);
            if (factors[i].Horizontal is < 1 or > 4 || factors[i].Vertical is < 1 or > 4)
            {
                throw place.Error($"sampling factors {factors[i].Horizontal} x {factors[i].Vertical}; 1 to 4 were expected");
            }
        }

        if (count == 1)
        {
            // Factors tell sizes in proportion to other components and the order of blocks among them; one alone has neither.
            factors[0] = (1, 1);
        }

        int maxHorizontal = factors.Max(factor => factor.Horizontal);
        int maxVertical = factors.Max(factor => factor.Vertical);
        JpegComponent[] components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
        {
            (int horizontal, int vertical) = factors[i];
            if (maxHorizontal % horizontal != 0 || maxVertical % vertical != 0)
            {
                throw place.Error(
                    $"sampling factors {horizontal} x {vertical} beside {maxHorizontal} x {maxVertical}; whole ratios were expected");
            }

            components[i] = new JpegComponent
            {
                Id = segment[6 + (3 * i)],
                Horizontal = horizontal,
                Vertical = vertical,
                QuantisationTable = segment[8 + (3 * i)],
                Width = DivideUp(width * horizontal, maxHorizontal),
                Height = DivideUp(height * vertical, maxVertical),
                PaddedBlocksWide = DivideUp(width, JpegComponent.BlockSide * maxHorizontal) * horizontal,
                PaddedBlocksHigh = DivideUp(height, JpegComponent.BlockSide * maxVertical) * vertical,
            };
        }

        return new JpegFrame(width, height, progressive, components, maxHorizontal, maxVertical);
    }

    private static int DivideUp(int value, int divisor) => (value + divisor - 1) / divisor;
}
