using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Vision.Detection;
using Xunit;

namespace DwEngine.Vision.Tests.Detection;

public class DetectorTests
{
    private static readonly DetectorOptions s_rgb = new()
    {
        Preprocessing = new DetectorPreprocessing { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] },
        Labels = ["nothing", "blob"],
    };

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 3)]
    [InlineData(3, 1)]
    public void A_red_block_is_found_where_it_is(int column, int row)
    {
        using var detector = new Detector(BlobDetector.Model(), s_rgb);

        DetectedObject found = Assert.Single(detector.Detect(BlobDetector.Picture(column, row)));

        Assert.Equal("blob", found.Label);
        Assert.InRange(found.Score, 0.99f, 1);
        // The centre is the corner of the cell, and the box half as wide and high as the picture.
        float corner = 2 * BlobDetector.Cell;
        Assert.Equal(column * corner, (found.Box.X1 + found.Box.X2) / 2, 1e-2f);
        Assert.Equal(row * corner, (found.Box.Y1 + found.Box.Y2) / 2, 1e-2f);
    }

    [Fact]
    public void Prepared_inputs_give_boxes_in_pixels_of_the_input()
    {
        using var detector = new Detector(BlobDetector.Model(), s_rgb);
        var input = new PictureInput(detector.Preprocessing, detector.InputWidth, detector.InputHeight);
        float[] values = new float[input.Length];
        RgbImage picture = BlobDetector.Picture(3, 1);
        input.Apply(picture.Pixels, picture.Width, picture.Height, values);
        var found = new DetectedObject[detector.MaxObjects];

        Assert.Equal(1, detector.Detect(values, found));

        Assert.Equal(3f * BlobDetector.Cell, (found[0].Box.X1 + found[0].Box.X2) / 2, 1e-2f);
        Assert.Throws<ShapeException>(() => detector.Detect(values.AsSpan(1), found));
        Assert.Equal(0, detector.Detect(values, []));
    }

    [Theory]
    [InlineData(FitMode.Stretch)]
    [InlineData(FitMode.Letterbox)]
    public void Steady_detection_allocates_nothing(FitMode fit)
    {
        using var detector = new Detector(
            BlobDetector.Model(), s_rgb with { Preprocessing = s_rgb.Preprocessing! with { Fit = fit }, MinimumScore = 0 });
        RgbImage picture = BlobDetector.Picture(5, 2);
        float[] values = new float[3 * detector.InputWidth * detector.InputHeight];
        var found = new DetectedObject[detector.MaxObjects];
        Assert.True(Run() > 6);
        Assert.Equal(0, Allocation.Least(() => Run()));

        int Run()
        {
            int count = 0;
            for (int i = 0; i < 3; i++)
            {
                count += detector.Detect(picture.Pixels, picture.Width, picture.Height, found);
                count += detector.Detect(values, found);
            }

            return count;
        }
    }

    [Fact]
    public void Metadata_tell_normalisation_and_labels_and_options_come_first()
    {
        var metadata = new ModelMetadata { Mean = [0.1f, 0.2f, 0.3f], Labels = ["a", "b"] };
        using var told = new Detector(BlobDetector.Model(metadata));
        using var other = new Detector(BlobDetector.Model(metadata), s_rgb);
        using var untold = new Detector(BlobDetector.Model());

        Assert.Equal([0.1f, 0.2f, 0.3f], told.Preprocessing.Mean.AsEnumerable());
        Assert.Equal([1f, 1f, 1f], told.Preprocessing.StandardDeviation.AsEnumerable());
        Assert.Equal((ChannelOrder.Bgr, "fastestdet"), (told.Preprocessing.Order, told.Family.Name));
        Assert.Equal(["a", "b"], told.Labels.AsEnumerable());
        Assert.True(told.HasLabels);
        Assert.Equal(["nothing", "blob"], other.Labels.AsEnumerable());
        Assert.Equal(["0", "1"], untold.Labels.AsEnumerable());
        Assert.False(untold.HasLabels);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using NetworkModel model = BlobDetector.Model();

        Assert.Throws<DetectionException>(() => new Detector(model, s_rgb with { Labels = ["one"] }));
        Assert.Throws<DetectionException>(() => new Detector(model, s_rgb with { Family = DetectorFamily.Named("yolo") }));
        Assert.Throws<DetectionException>(() => new Detector(model, s_rgb with { MinimumScore = float.NaN }));
        Assert.Throws<DetectionException>(() => new Detector(model, s_rgb with { MaximumOverlap = 2 }));
        Assert.Throws<DetectionException>(() => new Detector(TestModels.Relu(new Shape(1, 4, 64, 64))));
        Assert.Throws<DetectionException>(() => new Detector(
            model, s_rgb with { Session = new SessionOptions { InputShape = new Shape(2, 3, BlobDetector.Height, BlobDetector.Width) } }));
    }

    [Fact]
    public void Outputs_that_are_no_probabilities_are_told()
    {
        using var detector = new Detector(BlobDetector.Model(poison: float.MaxValue), s_rgb);

        Assert.Contains("expected", Assert.Throws<DetectionException>(() => detector.Detect(BlobDetector.Picture(1, 1))).Message);
    }
}
