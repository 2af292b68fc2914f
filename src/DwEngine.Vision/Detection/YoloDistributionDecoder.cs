using DwEngine.Runtime;

namespace DwEngine.Vision.Detection;

/// <summary>
/// The raw heads of YOLO v8: for each stride an output 1 x (64 + C) x H x W of logits: four distributions over 16 bins, which say how far
/// the box reaches left, up, right and down from the cell's centre in strides, then C classes. There is neither an anchor nor an object's
/// score.
/// </summary>
public sealed class YoloDistributionDecoder : IDetectionDecoder
{
    private const int Bins = 16, FirstClass = 4 * Bins;

    private readonly DetectorSignature _signature;

    /// <summary>Makes the decoder.</summary>
    /// <exception cref="DetectionException">The outputs are not such heads.</exception>
    public YoloDistributionDecoder(DetectorSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        HeadValues.RequireOneImage(signature);
        _signature = signature;
        int channels = signature.Outputs[0].Shape[1];
        if (signature.Outputs.Length < 2 || signature.Outputs.Any(output => output.Shape.Rank != 4 || output.Shape[1] != channels)
            || signature.Outputs.Select(StrideOf).Distinct().Count() != signature.Outputs.Length)
        {
            throw new DetectionException(
                $"several outputs 1 x (64 + classes) x rows x columns, one for each stride, were expected; found {signature.OutputsText}.");
        }

        ClassCount = HeadValues.Classes(signature, channels - FirstClass, "64 channels less");
        MaxBoxes = signature.Outputs.Sum(output => output.Shape[2] * output.Shape[3]);
    }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public int MaxBoxes { get; }

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<ReadOnlyMemory<float>> outputs, float minimumScore, Span<ScoredBox> boxes)
    {
        HeadValues.Require(_signature, outputs, boxes, MaxBoxes);
        int found = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            found += Decode(_signature.Outputs[i], outputs[i].Span, minimumScore, boxes[found..]);
        }

        return found;
    }

    private int Decode(SessionValue output, ReadOnlySpan<float> values, float minimumScore, Span<ScoredBox> boxes)
    {
        int columns = output.Shape[3], plane = output.Shape[2] * columns, stride = StrideOf(output), found = 0;
        for (int cell = 0; cell < plane; cell++)
        {
            ReadOnlySpan<float> at = values[cell..];
            (int best, float logit) = HeadValues.Best(at[(FirstClass * plane)..], ClassCount, plane);
            float score = HeadValues.Sigmoid(logit);
            if (score >= minimumScore)
            {
                float x = (cell % columns) + 0.5f, y = (cell / columns) + 0.5f;
                boxes[found++] = new(best, score, new(
                    (x - Side(at, 0, plane)) * stride, (y - Side(at, 1, plane)) * stride,
                    (x + Side(at, 2, plane)) * stride, (y + Side(at, 3, plane)) * stride));
            }
        }

        return found;
    }

    private static float Side(ReadOnlySpan<float> at, int side, int plane) =>
        HeadValues.ExpectedBin(at[(side * Bins * plane)..], Bins, plane);

    private int StrideOf(SessionValue output) => HeadValues.Stride(_signature, output, output.Shape[2], output.Shape[3]);
}
