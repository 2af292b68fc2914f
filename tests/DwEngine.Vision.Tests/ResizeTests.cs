using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Vision.Tests;

public class ResizeTests
{
    /// <summary>7 x 5 pixels of noise.</summary>
    private const string Noise =
        "i0rl8alBBqCVaiavvM2v5WL5CpRfVpPGQidq1astpzlFUTcOmbLXTDQn+kjXMqHfcKyh6SYRWQHdBvJ/jwY80l4ZpiH5vQzMITl8"
        + "HseVyndI3APReoiTTYVSc1ei5kZH8D4vuB8iP0GS";

    /// <summary>What Pillow 9.4 resizes <see cref="Noise"/> to with its bilinear filter.</summary>
    public static TheoryData<int, int, string> PillowsAnswers => new()
    {
        { 3, 2, "g3aXiGBwc3SHkF+dik93jVRx" },
        {
            10, 9,
            "i0rlw36LtqdWEqCRR1Gmh2Cvvsiz233ngnm0CpRfeWLbm3GOnIdYUaFxbFaDiFOFm5p/v4TRfnmlIHRMXIvJWFyScFNauaQ7q19J"
            + "iTxAYUwpkJGsd3mNRT8tn3LOaGezV3GPo6dku1xAnSpDVShtV6OfYIB3aiAw+kjXjHnbQqTQbaukv1VDtxlYVQ3YG7aXRIhhjwY8"
            + "5FRtple0fVjhmVO7hj1yY0dxO3KxZJ52k2J2ugSPyGMnsESQoybftBXJYy2TNmd9PbSGo4BVyUGAywrKl3pqf217c1uTikCunEB3"
            + "plBWq2lPuUg3nTVlcyyneoiTYYZvV3pmcVmevkxn6UM/7Twuxiclgi5UP0GS"
        },
        {
            4, 8,
            "sHebUYCLrYm+cIGlh3CZeHlqlXCKb3eOWGebqXJEd09La2pwh2/EkX5vc0J6WmtlqGO9iGSXYlaLeF1wvEOHjSO7RIqAw0GQjWZ8"
            + "jECYnF9Unjd1ZoR4jFt54jozezJd"
        },
    };

    [Theory]
    [MemberData(nameof(PillowsAnswers))]
    public void EqualsPillow(int width, int height, string expected)
    {
        RgbImage noise = new(7, 5, Convert.FromBase64String(Noise));
        Assert.Equal(Convert.FromBase64String(expected), Resize.To(noise, width, height).Pixels.ToArray());
    }

    [Property(MaxTest = 60)]
    public Property AConstantImageStaysConstant() =>
        Prop.ForAll(Sides().Four().ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (sides, value) =>
        {
            byte[] pixels = new byte[3 * sides.Item1 * sides.Item2];
            pixels.AsSpan().Fill((byte)value);
            RgbImage image = new(sides.Item1, sides.Item2, pixels.AsSpan());
            RgbImage resized = Resize.To(image, sides.Item3, sides.Item4);
            return resized.Width == sides.Item3 && resized.Height == sides.Item4 && !resized.Pixels.ContainsAnyExcept((byte)value);
        });

    [Property(MaxTest = 60)]
    public Property ResamplingToTheSameSizeIsTheIdentity() =>
        Prop.ForAll(Sides().Two().ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (sides, seed) =>
        {
            RgbImage image = RandomImage(sides.Item1, sides.Item2, seed);
            byte[] resampled = new byte[image.Pixels.Length];
            BilinearResampler.Resample(
                image.Pixels, image.Width, image.Height, new(image.Width, 0, image.Width), new(image.Height, 0, image.Height), resampled);
            return image.Pixels.SequenceEqual(resampled) && ReferenceEquals(image, Resize.To(image, image.Width, image.Height));
        });

    [Theory]
    [InlineData(500, 375, 256, 341, 256)]
    [InlineData(375, 500, 256, 256, 341)]
    [InlineData(300, 300, 256, 256, 256)]
    [InlineData(100, 33, 32, 96, 32)]
    public void TheShorterSideGetsTheSize(int width, int height, int size, int expectedWidth, int expectedHeight)
    {
        RgbImage resized = Resize.ShorterSide(RandomImage(width, height, 1), size);
        Assert.Equal((expectedWidth, expectedHeight), (resized.Width, resized.Height));
    }

    [Fact]
    public void ResultsBeyondTheLimitAreATypedError()
    {
        RgbImage strip = new(100_000, 1, new byte[300_000].AsSpan());
        Assert.Throws<ShapeException>(() => Resize.ShorterSide(strip, 256));
        Assert.Throws<ShapeException>(() => Resize.To(strip, int.MaxValue, int.MaxValue));
        RgbImage column = new(1, 100_000, new byte[300_000].AsSpan());
        Assert.Throws<ShapeException>(() => Resize.To(column, 10_000, 1));
    }

    internal static RgbImage RandomImage(int width, int height, int seed)
    {
        byte[] pixels = new byte[3 * width * height];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(width, height, pixels.AsSpan());
    }

    internal static Gen<int> Sides() => Gen.Choose(1, 40);
}
