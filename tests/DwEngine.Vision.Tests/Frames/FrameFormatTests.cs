using System.Collections.Immutable;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;
using Xunit;

namespace DwEngine.Vision.Tests.Frames;

public class FrameFormatTests
{
    [Theory]
    [InlineData(PixelFormat.Gray8, 7, 5, 35)]
    [InlineData(PixelFormat.Gray16, 7, 5, 70)]
    [InlineData(PixelFormat.Rgb24, 7, 5, 105)]
    [InlineData(PixelFormat.Bgra32, 7, 5, 140)]
    [InlineData(PixelFormat.Yuyv, 8, 5, 80)]
    [InlineData(PixelFormat.Nv12, 8, 6, 72)]
    [InlineData(PixelFormat.I420, 8, 6, 72)]
    public void A_frame_without_gaps_has_all_its_pixels(PixelFormat pixels, int width, int height, int length) =>
        Assert.Equal(length, new FrameFormat(pixels, width, height).Length);

    [Fact]
    public void Planes_follow_one_another()
    {
        Assert.Equal([new(0, 16), new(96, 16)], new FrameFormat(PixelFormat.Nv21, 8, 6, 16).Planes.AsEnumerable());
        var format = new FrameFormat(PixelFormat.I420, 8, 6, 16);
        Assert.Equal([new(0, 16), new(96, 8), new(120, 8)], format.Planes.AsEnumerable());
        // Behind the last row nothing need follow.
        Assert.Equal(120 + 16 + 4, format.Length);
    }

    [Theory]
    [InlineData(PixelFormat.Gray8, 0, 4, "width is 0")]
    [InlineData(PixelFormat.Gray8, 4, -1, "height is -1")]
    [InlineData(PixelFormat.Gray8, 65536, 1, "width is 65536")]
    [InlineData(PixelFormat.Rgb24, 65535, 65535, "at most 134217728 pixels")]
    [InlineData(PixelFormat.Yuyv, 7, 4, "even number from 2")]
    [InlineData(PixelFormat.Uyvy, 7, 4, "even number from 2")]
    [InlineData(PixelFormat.Nv12, 7, 4, "the width is 7; an even")]
    [InlineData(PixelFormat.Nv21, 8, 5, "the height is 5; an even")]
    [InlineData(PixelFormat.I420, 8, 5, "the height is 5; an even")]
    public void Sides_out_of_range_are_refused(PixelFormat pixels, int width, int height, string message) =>
        Assert.Contains(
            message, Assert.Throws<FrameException>(() => new FrameFormat(pixels, width, height)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(PixelFormat.Rgb24, 23)]
    [InlineData(PixelFormat.Nv12, 7)]
    [InlineData(PixelFormat.I420, -8)]
    [InlineData(PixelFormat.Gray8, int.MinValue)]
    public void A_stride_below_the_row_is_refused(PixelFormat pixels, int stride) => Assert.Contains(
        $"a stride of {stride} bytes", Assert.Throws<FrameException>(() => new FrameFormat(pixels, 8, 4, stride)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Planes_that_cannot_be_are_refused()
    {
        Assert.Throws<FrameException>(() => new FrameFormat(PixelFormat.Nv12, 8, 4, [new(0, 8)]));
        Assert.Throws<FrameException>(() => new FrameFormat(PixelFormat.Gray8, 8, 4, [new(0, 8), new(32, 8)]));
        Assert.Throws<FrameException>(() => new FrameFormat(PixelFormat.Gray8, 8, 4, default(ImmutableArray<FramePlane>)));
        Assert.Throws<FrameException>(() => new FrameFormat(PixelFormat.Gray8, 8, 4, []));
        Assert.Contains(
            "plane 1 begins at byte -1",
            Assert.Throws<FrameException>(() => new FrameFormat(PixelFormat.Nv12, 8, 4, [new(0, 8), new(-1, 8)])).Message,
            StringComparison.Ordinal);
        Assert.Throws<FrameException>(() => new FrameFormat(PixelFormat.Nv12, 8, 4, [new(0, 8), new(int.MaxValue, 8)]));
        Assert.Throws<FrameException>(() => new FrameFormat(PixelFormat.Nv12, 8, 4, int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameFormat((PixelFormat)99, 8, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameFormat(PixelFormat.Gray8, 8, 4) { Matrix = (ColourMatrix)7 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameFormat(PixelFormat.Gray8, 8, 4) { Range = (ColourRange)7 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameFormat(PixelFormat.Gray16, 8, 4) { WhiteLevel = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameFormat(PixelFormat.Gray16, 8, 4) { WhiteLevel = 65536 });
    }

    [Theory]
    [InlineData(0, 0, 0, 4)]
    [InlineData(0, 0, 4, -1)]
    [InlineData(-1, 0, 4, 4)]
    [InlineData(0, 1, 8, 4)]
    [InlineData(5, 0, 4, 4)]
    [InlineData(int.MaxValue, 0, int.MaxValue, 1)]
    [InlineData(1, 0, int.MaxValue, 1)]
    public void A_region_that_is_empty_or_outside_is_refused(int x, int y, int width, int height)
    {
        var input = new PictureInput(new DetectorPreprocessing { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] }, 4, 4);
        var transform = new FrameTransform { Crop = new FrameRegion(x, y, width, height) };
        FrameException error = Assert.Throws<FrameException>(() => input.CreateConverter(new(PixelFormat.Gray8, 8, 4), transform));
        Assert.Contains("within the frame of 8 x 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_turn_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(
        () => new FrameConverter(
            new FrameFormat(PixelFormat.Gray8, 8, 4), new Preprocessing(4, 4, [0, 0, 0], [1, 1, 1]), new() { Turns = (QuarterTurns)4 }));

    [Theory]
    [InlineData(1, 65535)]
    [InlineData(65535, 1)]
    public void Strips_of_extreme_proportions_are_converted(int width, int height)
    {
        var format = new FrameFormat(PixelFormat.Gray8, width, height);
        byte[] frame = new byte[format.Length];
        frame.AsSpan().Fill(51);
        foreach (QuarterTurns turns in Enum.GetValues<QuarterTurns>())
        {
            var converter = new FrameConverter(format, new Preprocessing(5, 4, [0, 0, 0], [1, 1, 1]), new() { Turns = turns });
            float[] values = new float[converter.Length];
            converter.Write(frame, values);
            Assert.All(values, value => Assert.Equal(0.2f, value));
        }
    }
}
