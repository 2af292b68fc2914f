using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision.Detection;

namespace DwEngine.Vision.Tests.Detection;

/// <summary>Outputs of detectors without the detectors.</summary>
internal static class Heads
{
    public static DetectorSignature Signature(int width, int height, int? classes, params Shape[] shapes) =>
        new([.. shapes.Select((shape, i) => new SessionValue($"out{i}", ElementType.Float32, shape))], width, height, classes);

    /// <summary>Random values within limits.</summary>
    public static float[] Random(Random random, Shape shape, float minimum, float maximum)
    {
        float[] values = new float[shape.ElementCount];
        foreach (ref float value in values.AsSpan())
        {
            value = minimum + ((maximum - minimum) * random.NextSingle());
        }

        return values;
    }

    /// <summary>All boxes that a decoder finds.</summary>
    public static ScoredBox[] Decode(IDetectionDecoder decoder, float minimumScore, params float[][] outputs)
    {
        var boxes = new ScoredBox[decoder.MaxBoxes];
        ReadOnlyMemory<float>[] memory = [.. outputs.Select(values => (ReadOnlyMemory<float>)values)];
        return boxes[..decoder.Decode(memory, minimumScore, boxes)];
    }
}
