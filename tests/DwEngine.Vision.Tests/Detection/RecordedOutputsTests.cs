using System.Runtime.InteropServices;
using System.Text.Json;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Vision.Detection;
using Xunit;

namespace DwEngine.Vision.Tests.Detection;

/// <summary>Inputs and outputs of trained detectors, as they were recorded, with the boxes that their authors' code finds.</summary>
public class RecordedOutputsTests
{
    private const string Folder = "models/real/";

    [SharedFact]
    public void FastestDet() => Check(
        "fastestdet", "coco_0.jpg", 352, 352, 0.65f, 0.45f, new SessionValue("out", ElementType.Float32, new Shape(1, 85, 22, 22)));

    [SharedFact]
    public void UltraFace() => Check(
        "ultraface_rfb_320", "faces_12.jpg", 320, 240, 0.7f, 0.3f,
        new SessionValue("scores", ElementType.Float32, new Shape(1, 4420, 2)),
        new SessionValue("boxes", ElementType.Float32, new Shape(1, 4420, 4)));

    private static void Check(string name, string picture, int width, int height, float score, float overlap, params SessionValue[] outputs)
    {
        (DetectorFamily family, IDetectionDecoder decoder) = DetectorFamily.Choose(new DetectorSignature([.. outputs], width, height));
        RgbImage image = ImageDecoder.Load(SharedFolder.Require(Folder + picture));
        var input = new PictureInput(family.Preprocessing, width, height);
        float[] values = new float[input.Length];
        PictureFit fit = input.Apply(image.Pixels, image.Width, image.Height, values);
        Assert.All(Floats($"{name}.in.bin").Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));

        ScoredBox[] boxes = Heads.Decode(decoder, score, [.. outputs.Select((_, i) => Floats($"{name}.out.{i}.bin"))]);
        boxes = boxes[..NonMaximumSuppression.Apply(boxes, overlap)];

        List<DetectedObject> expected = ReadDetections(picture);
        Assert.Equal(expected.Count, boxes.Length);
        IEnumerable<DetectedObject> found = boxes.Select(
            box => new DetectedObject(family.AssumedLabels(decoder.ClassCount)[box.Class], box.Score, fit.ToPicture(box.Box)));
        Assert.All(expected.Zip(found), pair =>
        {
            Assert.Equal(pair.First.Label, pair.Second.Label);
            Assert.Equal(pair.First.Score, pair.Second.Score, 1e-3f);
            BoundingBox a = pair.First.Box, b = pair.Second.Box;
            Assert.All([a.X1 - b.X1, a.Y1 - b.Y1, a.X2 - b.X2, a.Y2 - b.Y2], distance => Assert.Equal(0, distance, 0.3f));
        });
    }

    private static float[] Floats(string name) =>
        MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(SharedFolder.Require(Folder + name))).ToArray();

    private static List<DetectedObject> ReadDetections(string picture)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require(Folder + "detections.json")));
        return
        [
            .. document.RootElement.GetProperty(picture).EnumerateArray().Select(found =>
            {
                float[] box = [.. found.GetProperty("box").EnumerateArray().Select(edge => edge.GetSingle())];
                return new DetectedObject(
                    found.GetProperty("label").GetString()!, found.GetProperty("score").GetSingle(), new(box[0], box[1], box[2], box[3]));
            }).OrderByDescending(found => found.Score),
        ];
    }
}
