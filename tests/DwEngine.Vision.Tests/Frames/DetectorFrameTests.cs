using DwEngine.Testing;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;
using DwEngine.Vision.Tests.Detection;
using Xunit;

namespace DwEngine.Vision.Tests.Frames;

public class DetectorFrameTests
{
    private static readonly DetectorOptions s_options = new()
    {
        Preprocessing = new DetectorPreprocessing { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] },
        Labels = ["nothing", "blob"],
    };

    // The picture that the detector knows is turned and mirrored back into a larger frame; its blob must be found where it is there.
    [Theory]
    [InlineData(QuarterTurns.None, false)]
    [InlineData(QuarterTurns.One, false)]
    [InlineData(QuarterTurns.Two, true)]
    [InlineData(QuarterTurns.Three, true)]
    public void Boxes_come_back_in_the_frame(QuarterTurns turns, bool mirror)
    {
        RgbImage upright = BlobDetector.Picture(5, 2);
        var region = new FrameRegion(
            20, 12, (int)turns % 2 == 0 ? upright.Width : upright.Height, (int)turns % 2 == 0 ? upright.Height : upright.Width);
        var format = new FrameFormat(PixelFormat.Bgr24, region.Width + 33, region.Height + 14);
        byte[] frame = new byte[format.Length];
        double sumX = 0, sumY = 0, count = 0;
        // A mirror undoes itself; three more turns undo one.
        RgbImage turned = FrameReference.Upright(
            FrameReference.Upright(upright, new() { Mirror = mirror }), new() { Turns = (QuarterTurns)((4 - (int)turns) % 4) });
        for (int y = 0; y < turned.Height; y++)
        {
            for (int x = 0; x < turned.Width; x++)
            {
                ReadOnlySpan<byte> pixel = turned.Pixels.Slice(3 * ((y * turned.Width) + x), 3);
                int at = 3 * (((region.Y + y) * format.Width) + region.X + x);
                (frame[at], frame[at + 1], frame[at + 2]) = (pixel[2], pixel[1], pixel[0]);
                if (pixel[0] == 250)
                {
                    (sumX, sumY, count) = (sumX + region.X + x + 0.5, sumY + region.Y + y + 0.5, count + 1);
                }
            }
        }

        using var detector = new Detector(BlobDetector.Model(), s_options);
        FrameConverter converter = detector.CreateConverter(format, new() { Crop = region, Turns = turns, Mirror = mirror });
        var found = new DetectedObject[detector.MaxObjects];
        Assert.Equal(1, detector.Detect(frame, converter, found));

        // In the upright picture the box's centre is half a cell of the detector up and left of the blob's, which has its own side.
        DetectedObject expected = Assert.Single(detector.Detect(upright));
        (double x, double y) offset = ((expected.Box.X1 + expected.Box.X2) / 2 - (11 * BlobDetector.Cell),
            (expected.Box.Y1 + expected.Box.Y2) / 2 - (5 * BlobDetector.Cell));
        offset.x = mirror ? -offset.x : offset.x;
        for (int turn = 0; turn < (4 - (int)turns) % 4; turn++)
        {
            offset = (-offset.y, offset.x);
        }

        BoundingBox box = found[0].Box;
        Assert.Equal((sumX / count) + offset.x, (box.X1 + box.X2) / 2, 0.05);
        Assert.Equal((sumY / count) + offset.y, (box.Y1 + box.Y2) / 2, 0.05);
        Assert.True(box.X1 < box.X2 && box.Y1 < box.Y2);
        (float width, float height) = (expected.Box.X2 - expected.Box.X1, expected.Box.Y2 - expected.Box.Y1);
        Assert.Equal((int)turns % 2 == 0 ? width : height, box.X2 - box.X1, 0.05f);
    }

    [Fact]
    public void Steady_frames_allocate_nothing()
    {
        using var detector = new Detector(BlobDetector.Model(), s_options with { MinimumScore = 0 });
        var format = new FrameFormat(PixelFormat.Yuyv, 640, 480);
        byte[] frame = new byte[format.Length];
        new Random(2).NextBytes(frame);
        FrameConverter converter = detector.CreateConverter(format);
        var found = new DetectedObject[detector.MaxObjects];
        Assert.NotEqual(0, detector.Detect(frame, converter, found));
        Assert.Equal(0, Allocation.Least(() => detector.Detect(frame, converter, found)));
    }

    [Fact]
    public void A_converter_for_another_size_is_refused()
    {
        using var detector = new Detector(BlobDetector.Model(), s_options);
        FrameConverter other = new PictureInput(s_options.Preprocessing!, 16, 16).CreateConverter(new(PixelFormat.Gray8, 4, 4));
        Assert.Throws<ShapeException>(() => detector.Detect(new byte[16], other, new DetectedObject[1]));
    }
}
