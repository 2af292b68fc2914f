using DwEngine.Runtime;

namespace DwEngine.Vision.Detection;

/// <summary>
/// The raw heads of YOLO v5: for each stride of 8, 16 and 32 pixels an output 1 x 3 x H x W x (5 + C), or 1 x 3(5 + C) x H x W, of logits:
/// the centre across and down, the width and height as factors of an anchor, the object, C classes. The anchors are those of COCO.
/// </summary>
public sealed class YoloAnchorDecoder : IDetectionDecoder
{
    private const int Anchors = 3, FirstClass = 5;

    private static readonly float[] s_anchors =
        [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326];

    private readonly DetectorSignature _signature;

    /// <summary>Makes the decoder.</summary>
    /// <exception cref="DetectionException">The outputs are not such heads.</exception>
    public YoloAnchorDecoder(DetectorSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        HeadValues.RequireOneImage(signature);
        _signature = signature;
        int width = -1;
        foreach (SessionValue output in signature.Outputs)
        {
            bool isSplit = output.Shape.Rank == 5 && output.Shape[1] == Anchors;
            if (signature.Outputs.Length != 3 || !(isSplit || (output.Shape.Rank == 4 && output.Shape[1] % Anchors == 0)))
            {
                throw Unexpected();
            }

            int own = isSplit ? output.Shape[4] : output.Shape[1] / Anchors;
            width = width == -1 || width == own ? own : throw Unexpected();
            MaxBoxes += Anchors * Rows(output) * Columns(output);
        }

        if (!signature.Outputs.Select(StrideOf).Order().SequenceEqual([8, 16, 32]))
        {
            throw Unexpected();
        }

        ClassCount = HeadValues.Classes(signature, width - FirstClass, "5 values of each box less");
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
        int columns = Columns(output), cells = Rows(output) * columns, width = FirstClass + ClassCount, found = 0;
        int stride = StrideOf(output), level = int.Log2(stride) - 3;
        (int cellStride, int valueStride) = output.Shape.Rank == 5 ? (width, 1) : (1, cells);
        for (int anchor = 0; anchor < Anchors; anchor++)
        {
            ReadOnlySpan<float> size = s_anchors.AsSpan(2 * ((level * Anchors) + anchor), 2);
            for (int cell = 0; cell < cells; cell++)
            {
                ReadOnlySpan<float> at = values[((anchor * width * cells) + (cell * cellStride))..];
                (int best, float logit) = HeadValues.Best(at[(FirstClass * valueStride)..], ClassCount, valueStride);
                float score = HeadValues.Sigmoid(at[4 * valueStride]) * HeadValues.Sigmoid(logit);
                if (score >= minimumScore)
                {
                    float x = ((2 * HeadValues.Sigmoid(at[0])) - 0.5f + (cell % columns)) * stride;
                    float y = ((2 * HeadValues.Sigmoid(at[valueStride])) - 0.5f + (cell / columns)) * stride;
                    float across = 2 * HeadValues.Sigmoid(at[2 * valueStride]), down = 2 * HeadValues.Sigmoid(at[3 * valueStride]);
                    boxes[found++] = new(best, score, BoundingBox.Around(x, y, across * across * size[0], down * down * size[1]));
                }
            }
        }

        return found;
    }

    private static int Rows(SessionValue output) => output.Shape[2];

    private static int Columns(SessionValue output) => output.Shape[3];

    private int StrideOf(SessionValue output) => HeadValues.Stride(_signature, output, Rows(output), Columns(output));

    private DetectionException Unexpected() => new(
        "three outputs 1 x 3 x rows x columns x (5 + classes) or 1 x 3(5 + classes) x rows x columns, "
        + $"of strides 8, 16 and 32, were expected; found {_signature.OutputsText}.");
}
