using DwEngine.Vision.Frames;
using Xunit;

namespace DwEngine.Vision.Tests.Frames;

public class ColourCoefficientsTests
{
    // The standards' words: luma is a sum of the colours, and chroma what blue and red differ from it, scaled to the range.
    [Theory]
    [InlineData(ColourMatrix.Bt601, ColourRange.Limited)]
    [InlineData(ColourMatrix.Bt601, ColourRange.Full)]
    [InlineData(ColourMatrix.Bt709, ColourRange.Limited)]
    [InlineData(ColourMatrix.Bt709, ColourRange.Full)]
    public void Colours_are_the_nearest_to_the_exact_ones(ColourMatrix matrix, ColourRange range)
    {
        ColourCoefficients coefficients = new(matrix, range);
        (double kr, double kb) = matrix == ColourMatrix.Bt601 ? (0.299, 0.114) : (0.2126, 0.0722);
        (double black, double luma, double chroma) = range == ColourRange.Limited ? (16.0, 219.0, 224.0) : (0, 255, 255);
        double worst = 0;
        for (int y = 0; y < 256; y++)
        {
            for (int u = 0; u < 256; u += 3)
            {
                for (int v = 0; v < 256; v += 3)
                {
                    double brightness = Math.Max(y - black, 0) / luma;
                    double red = brightness + (2 * (1 - kr) * (v - 128) / chroma);
                    double blue = brightness + (2 * (1 - kb) * (u - 128) / chroma);
                    double green = (brightness - (kr * red) - (kb * blue)) / (1 - kr - kb);
                    (byte r, byte g, byte b) = coefficients.Convert(y, u, v);
                    worst = Math.Max(worst, Math.Max(Off(r, red), Math.Max(Off(g, green), Off(b, blue))));
                }
            }
        }

        Assert.InRange(worst, 0, 0.501);

        static double Off(byte sample, double exact) => Math.Abs(sample - Math.Clamp(255 * exact, 0, 255));
    }

    [Theory]
    [InlineData(ColourRange.Limited, 16, 235)]
    [InlineData(ColourRange.Full, 0, 255)]
    public void Black_and_white_are_those_of_the_range(ColourRange range, int black, int white)
    {
        foreach (ColourMatrix matrix in Enum.GetValues<ColourMatrix>())
        {
            ColourCoefficients coefficients = new(matrix, range);
            Assert.Equal(((byte)0, (byte)0, (byte)0), coefficients.Convert(black, 128, 128));
            Assert.Equal(((byte)255, (byte)255, (byte)255), coefficients.Convert(white, 128, 128));
        }
    }
}
