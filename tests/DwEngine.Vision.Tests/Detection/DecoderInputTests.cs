using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision.Detection;
using Xunit;

namespace DwEngine.Vision.Tests.Detection;

/// <summary>Which outputs get which decoder, and what is refused.</summary>
public class DecoderInputTests
{
    private static readonly Shape s_fastestDet = new(1, 8, 4, 8), s_columns = new(1, 7, 168), s_rows = new(1, 504, 8);

    [Fact]
    public void Outputs_tell_their_decoder()
    {
        Assert.IsType<FastestDetDecoder>(Choose(null, s_fastestDet));
        Assert.IsType<UltraFaceDecoder>(Choose(null, new Shape(1, 50, 2), new Shape(1, 50, 4)));
        Assert.IsType<NanoDetDecoder>(Choose(3, new Shape(1, 170, 35)));
        Assert.IsType<YoloDecoder>(Choose(null, s_rows));
        Assert.IsType<YoloDecoder>(Choose(null, s_columns));
        Assert.IsType<YoloAnchorDecoder>(Choose(null, new Shape(1, 3, 8, 16, 8), new Shape(1, 3, 4, 8, 8), new Shape(1, 3, 2, 4, 8)));
        Assert.IsType<YoloDistributionDecoder>(Choose(null, new Shape(1, 67, 8, 16), new Shape(1, 67, 4, 8), new Shape(1, 67, 2, 4)));
    }

    [Fact]
    public void Where_two_fit_the_number_of_classes_decides_and_then_the_most_usual()
    {
        Shape both = new(1, 168, 100), coco = new(1, 168, 112);

        Assert.IsType<NanoDetDecoder>(Choose(68, both));
        Assert.IsType<YoloDecoder>(Choose(95, both));
        Assert.IsType<NanoDetDecoder>(Choose(null, coco));
        string message = Assert.Throws<DetectionException>(() => Choose(null, both)).Message;
        Assert.Contains("nanodet with 68 classes", message);
        Assert.Contains("yolo with 95 classes", message);
    }

    [Fact]
    public void Outputs_that_fit_nothing_are_told_with_what_each_decoder_expects()
    {
        foreach (Shape shape in (Shape[])[new(1, 10), new(1, 13, 8), new(2, 8, 4, 8), new(1, 8, 5, 8), new(1, 5, 4, 8)])
        {
            string message = Assert.Throws<DetectionException>(() => Choose(null, shape)).Message;
            Assert.All(DetectorFamily.All, family => Assert.Contains($"{family.Name}: ", message));
            Assert.Contains(shape.ToString(), message);
        }

        Assert.Throws<DetectionException>(() => Choose(null));
        Assert.Throws<DetectionException>(() => Choose(4, s_fastestDet));
        Assert.Throws<DetectionException>(() => DetectorFamily.Choose(
            new DetectorSignature([new SessionValue("out", ElementType.Int64, s_fastestDet)], 128, 64)));
        Assert.Throws<DetectionException>(() => DetectorFamily.Named("fastest"));
    }

    [Fact]
    public void Names_tell_boxes_from_scores_where_the_shapes_do_not()
    {
        Shape shape = new(1, 2, 4);
        float[] boxes = [0.1f, 0.2f, 0.3f, 0.4f, 0.1f, 0.2f, 0.3f, 0.4f], scores = [0, 0.1f, 0.8f, 0.1f, 1, 0, 0, 0];
        var decoder = new UltraFaceDecoder(new DetectorSignature(
            [new SessionValue("boxes", ElementType.Float32, shape), new SessionValue("scores", ElementType.Float32, shape)], 100, 50));

        ScoredBox box = Assert.Single(Heads.Decode(decoder, 0.5f, boxes, scores));

        Assert.Equal((1, 0.8f), (box.Class, box.Score));
        Assert.All(
            [box.Box.X1 - 10, box.Box.Y1 - 10, box.Box.X2 - 30, box.Box.Y2 - 20], distance => Assert.Equal(0, distance, 1e-4f));
    }

    [Theory]
    [InlineData(0, float.NaN)]
    [InlineData(40, float.PositiveInfinity)]
    [InlineData(255, float.NegativeInfinity)]
    public void Elements_that_are_not_finite_are_named(int index, float value)
    {
        float[] values = new float[s_fastestDet.ElementCount];
        values[index] = value;
        var decoder = new FastestDetDecoder(Heads.Signature(128, 64, null, s_fastestDet));

        string message = Assert.Throws<DetectionException>(() => Heads.Decode(decoder, 0.5f, values)).Message;

        Assert.Contains($"'out0' has {value} at element {index}", message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Scores_that_are_no_probabilities_are_refused(int channel)
    {
        float[] values = new float[s_fastestDet.ElementCount];
        values[(channel * 32) + 7] = 1.5f;
        var decoder = new FastestDetDecoder(Heads.Signature(128, 64, null, s_fastestDet));

        Assert.Contains("1.5", Assert.Throws<DetectionException>(() => Heads.Decode(decoder, 0.5f, values)).Message);
    }

    [Fact]
    public void A_wrong_number_or_length_of_outputs_is_refused()
    {
        var decoder = new FastestDetDecoder(Heads.Signature(128, 64, null, s_fastestDet));
        float[] values = new float[s_fastestDet.ElementCount];

        Assert.Contains("1 outputs", Assert.Throws<DetectionException>(() => Heads.Decode(decoder, 0.5f)).Message);
        Assert.Throws<DetectionException>(() => Heads.Decode(decoder, 0.5f, values, values));
        Assert.Contains("256", Assert.Throws<DetectionException>(() => Heads.Decode(decoder, 0.5f, values[1..])).Message);
        Assert.Throws<ArgumentException>(() => decoder.Decode([values.AsMemory()], 0.5f, new ScoredBox[decoder.MaxBoxes - 1]));
    }

    private static IDetectionDecoder Choose(int? classes, params Shape[] shapes) =>
        DetectorFamily.Choose(Heads.Signature(128, 64, classes, shapes)).Decoder;
}
