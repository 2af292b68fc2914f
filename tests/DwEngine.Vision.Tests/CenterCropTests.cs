using Xunit;

namespace DwEngine.Vision.Tests;

public class CenterCropTests
{
    /// <summary>Python rounds 0.5 to 0, 1.5 to 2 and 2.5 to 2.</summary>
    [Theory]
    [InlineData(6, 5, 0)]
    [InlineData(7, 4, 2)]
    [InlineData(9, 4, 2)]
    [InlineData(8, 4, 2)]
    [InlineData(5, 5, 0)]
    public void AnOddRemainderIsRoundedToEven(int width, int size, int expectedStart)
    {
        RgbImage crop = CenterCrop.Apply(Ramp(width, size), size);
        Assert.Equal((size, size), (crop.Width, crop.Height));
        for (int x = 0; x < size; x++)
        {
            Assert.Equal(expectedStart + x + 1, crop.Pixels[3 * x]);
        }
    }

    [Theory]
    [InlineData(2, 2, 5, 1, 1)]
    [InlineData(3, 9, 6, 1, 0)]
    [InlineData(9, 3, 6, 0, 1)]
    public void BlackSurroundsASmallerImage(int width, int height, int size, int expectedLeft, int expectedTop)
    {
        RgbImage crop = CenterCrop.Apply(Ramp(width, height), size);
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                bool inside = x >= expectedLeft && x < expectedLeft + width && y >= expectedTop && y < expectedTop + height;
                Assert.Equal(inside, crop.Pixels[3 * ((y * size) + x)] != 0);
            }
        }
    }

    [Theory]
    [InlineData(40000)]
    [InlineData(int.MaxValue)]
    public void ACropBeyondTheLimitOfPixelsIsATypedError(int size)
    {
        ShapeException error = Assert.Throws<ShapeException>(() => CenterCrop.Apply(Ramp(2, 2), size));
        Assert.Contains($"{size} x {size}", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Red counts columns from 1.</summary>
    private static RgbImage Ramp(int width, int height) =>
        new(width, height, Enumerable.Range(0, 3 * width * height).Select(i => (byte)((i / 3 % width) + 1)).ToArray().AsSpan());
}
