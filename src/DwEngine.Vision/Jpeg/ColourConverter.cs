namespace DwEngine.Vision.Jpeg;

/// <summary>Rows of a JPEG picture's components to interleaved RGB, bit for bit as libjpeg and Pillow convert them.</summary>
internal static class ColourConverter
{
    private const int FractionBits = 16;
    private const int Half = 1 << (FractionBits - 1);

    /// <summary>Converts the first three components, or the only one.</summary>
    /// <param name="model">What the components mean.</param>
    /// <param name="first">Brightness, red or cyan, one sample for each pixel at least; likewise the others.</param>
    /// <param name="second">The second component; of a grey picture, anything.</param>
    /// <param name="third">The third component.</param>
    /// <param name="rgb">Receives three samples for each pixel.</param>
    public static void ToRgb(
        ColourModel model, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, Span<byte> rgb)
    {
        int width = rgb.Length / RgbImage.Channels;
        first = first[..width];
        second = second[..width];
        third = third[..width];
        switch (model)
        {
            case ColourModel.Grey:
                for (int x = 0; x < first.Length; x++)
                {
                    rgb.Slice(x * RgbImage.Channels, RgbImage.Channels).Fill(first[x]);
                }

                break;
            case ColourModel.YCbCr or ColourModel.Ycck:
                for (int x = 0; x < first.Length; x++)
                {
                    int y = first[x];
                    int blue = second[x] - 128;
                    int red = third[x] - 128;
                    Span<byte> pixel = rgb.Slice(x * RgbImage.Channels, RgbImage.Channels);
                    pixel[0] = ToByte(y + (((91881 * red) + Half) >> FractionBits));
                    pixel[1] = ToByte(y + (((-22554 * blue) - (46802 * red) + Half) >> FractionBits));
                    pixel[2] = ToByte(y + (((116130 * blue) + Half) >> FractionBits));
                }

                break;
            default:
                for (int x = 0; x < first.Length; x++)
                {
                    Span<byte> pixel = rgb.Slice(x * RgbImage.Channels, RgbImage.Channels);
                    pixel[0] = first[x];
                    pixel[1] = second[x];
                    pixel[2] = third[x];
                }

                break;
        }
    }

    /// <summary>Darkens by black.</summary>
    /// <param name="model">CMYK or YCCK.</param>
    /// <param name="black">Inverted black, one sample for each pixel at least.</param>
    /// <param name="rgb">The first three components, interleaved; receives red, green and blue.</param>
    public static void MixBlack(ColourModel model, ReadOnlySpan<byte> black, Span<byte> rgb)
    {
        // YCCK's first three stand for red, green and blue where CMYK's stand for inverted inks, so that one is the other's complement.
        int complement = model == ColourModel.Ycck ? byte.MaxValue : 0;
        for (int i = 0; i < rgb.Length; i++)
        {
            int light = black[i / RgbImage.Channels];
            int ink = byte.MaxValue - (rgb[i] ^ complement);
            int product = (ink * light) + 128;
            rgb[i] = ToByte(light - (((product >> 8) + product) >> 8));
        }
    }

    private static byte ToByte(int value) => (byte)Math.Clamp(value, 0, byte.MaxValue);
}
