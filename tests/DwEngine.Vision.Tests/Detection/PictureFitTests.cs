using DwEngine.Vision.Detection;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Vision.Tests.Detection;

public class PictureFitTests
{
    [Property(MaxTest = 200)]
    public Property ABoxComesBackFromTheInput() =>
        Prop.ForAll(Gen.Choose(1, 3000).Four().ToArbitrary(), ArbMap.Default.ArbFor<bool>(), (sides, keeps) =>
        {
            FitMode mode = keeps ? FitMode.Letterbox : FitMode.Stretch;
            (int width, int height, int inputWidth, int inputHeight) = sides;
            PictureFit fit = PictureFit.Of(mode, width, height, inputWidth, inputHeight);
            BoundingBox box = new(-0.1f * width, 0.2f * height, 0.7f * width, 1.3f * height), back = fit.ToPicture(fit.ToInput(box));
            float allowed = 1e-3f * Math.Max(width, height);
            return Math.Abs(back.X1 - box.X1) <= allowed && Math.Abs(back.Y1 - box.Y1) <= allowed
                && Math.Abs(back.X2 - box.X2) <= allowed && Math.Abs(back.Y2 - box.Y2) <= allowed;
        });

    [Property(MaxTest = 200)]
    public Property ALetterboxHoldsTheWholePictureInItsMiddleAndTouchesTwoSides() =>
        Prop.ForAll(Gen.Choose(1, 3000).Four().ToArbitrary(), sides =>
        {
            PictureFit fit = PictureFit.Of(FitMode.Letterbox, sides.Item1, sides.Item2, sides.Item3, sides.Item4);
            int right = sides.Item3 - fit.Left - fit.Width, below = sides.Item4 - fit.Top - fit.Height;
            // Half a pixel of rounding in the shorter side is all that the proportions may lose, but no side has less than a pixel.
            double kept = Math.Abs((fit.Width * (double)sides.Item2 / sides.Item1) - fit.Height);
            double step = Math.Max(1, (double)sides.Item2 / sides.Item1);
            return (fit.Width == sides.Item3 || fit.Height == sides.Item4) && right - fit.Left is 0 or 1 && below - fit.Top is 0 or 1
                && (kept <= step || fit.Width == 1 || fit.Height == 1);
        });

    [Fact]
    public void A_letterbox_is_grey_beside_the_resized_picture_and_planes_have_the_order_that_is_asked_for()
    {
        byte[] pixels = [.. Enumerable.Range(0, 3 * 40 * 20).Select(i => (byte)(i * 37))];
        RgbImage resized = Resize.To(new RgbImage(40, 20, pixels.AsSpan()), 16, 8);
        var preprocessing = new DetectorPreprocessing
        {
            Mean = [0, 0.25f, 0.5f],
            StandardDeviation = [1, 0.5f, 2],
            Fit = FitMode.Letterbox,
            Order = ChannelOrder.Bgr,
        };
        var input = new PictureInput(preprocessing, 16, 12);
        float[] values = new float[input.Length];

        PictureFit fit = input.Apply(pixels, 40, 20, values);

        Assert.Equal((0, 2, 16, 8), (fit.Left, fit.Top, fit.Width, fit.Height));
        for (int plane = 0; plane < 3; plane++)
        {
            int colour = 2 - plane;
            for (int y = 0; y < 12; y++)
            {
                for (int x = 0; x < 16; x++)
                {
                    int sample = y is < 2 or >= 10 ? 114 : resized.Pixels[(3 * (((y - 2) * 16) + x)) + colour];
                    float expected = ((sample / 255f) - preprocessing.Mean[colour]) / preprocessing.StandardDeviation[colour];
                    Assert.Equal(expected, values[(((plane * 12) + y) * 16) + x]);
                }
            }
        }
    }

    [Fact]
    public void Pictures_of_other_sizes_in_between_change_nothing()
    {
        var preprocessing = new DetectorPreprocessing { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] };
        var input = new PictureInput(preprocessing, 8, 8);
        byte[] small = [.. Enumerable.Range(0, 3 * 12 * 9).Select(i => (byte)(i * 53))], large = new byte[3 * 30 * 12];
        float[] first = new float[input.Length], again = new float[input.Length];

        input.Apply(small, 12, 9, first);
        input.Apply(large, 30, 12, again);
        input.Apply(small, 12, 9, again);

        Assert.Equal(first, again);
    }

    [Fact]
    public void Spans_of_a_wrong_length_are_refused()
    {
        var input = new PictureInput(new DetectorPreprocessing { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] }, 8, 8);

        Assert.Throws<ShapeException>(() => input.Apply(new byte[5], 2, 1, new float[input.Length]));
        Assert.Throws<ShapeException>(() => input.Apply(new byte[6], 2, 1, new float[input.Length - 1]));
    }

    [Theory]
    [InlineData(0, 8, 1f)]
    [InlineData(8, 9000, 1f)]
    [InlineData(8, 8, 0f)]
    [InlineData(8, 8, float.NaN)]
    public void Values_out_of_range_are_refused(int width, int height, float deviation) => Assert.ThrowsAny<DwEngineException>(
        () => new PictureInput(new DetectorPreprocessing { Mean = [0, 0, 0], StandardDeviation = [1, deviation, 1] }, width, height));
}
