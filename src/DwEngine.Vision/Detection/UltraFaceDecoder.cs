using DwEngine.Runtime;

namespace DwEngine.Vision.Detection;

/// <summary>
/// UltraFace's and other SSD heads whose boxes the network itself has decoded. The outputs are <c>scores</c> 1 x N x (1 + C), the
/// probabilities of the background and of C classes, and <c>boxes</c> 1 x N x 4, the edges x1, y1, x2, y2 as shares of the input, in either
/// order.
/// </summary>
public sealed class UltraFaceDecoder : IDetectionDecoder
{
    private readonly DetectorSignature _signature;
    private readonly int _scores, _boxes;

    /// <summary>Makes the decoder.</summary>
    /// <exception cref="DetectionException">The outputs are not a detector's of this kind.</exception>
    public UltraFaceDecoder(DetectorSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        HeadValues.RequireOneImage(signature);
        _signature = signature;
        if (signature.Outputs is not [var first, var second] || first.Shape.Rank != 3 || second.Shape.Rank != 3
            || first.Shape[1] != second.Shape[1] || (first.Shape[2] != 4 && second.Shape[2] != 4))
        {
            throw new DetectionException($"scores 1 x N x (1 + classes) and boxes 1 x N x 4 were expected; found {signature.OutputsText}.");
        }

        // Where both have four columns, the names tell, and else the usual order.
        bool boxesFirst = second.Shape[2] != 4
            || (first.Shape[2] == 4 && (first.Name.Contains("box", StringComparison.OrdinalIgnoreCase)
                || second.Name.Contains("score", StringComparison.OrdinalIgnoreCase)));
        (_scores, _boxes) = boxesFirst ? (1, 0) : (0, 1);
        MaxBoxes = first.Shape[1];
        ClassCount = HeadValues.Classes(signature, Scores.Shape[2] - 1, "columns of the scores less the background");
    }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public int MaxBoxes { get; }

    private SessionValue Scores => _signature.Outputs[_scores];

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<ReadOnlyMemory<float>> outputs, float minimumScore, Span<ScoredBox> boxes)
    {
        HeadValues.Require(_signature, outputs, boxes, MaxBoxes);
        ReadOnlySpan<float> scores = outputs[_scores].Span, edges = outputs[_boxes].Span;
        int found = 0;
        for (int i = 0; i < MaxBoxes; i++)
        {
            (int best, float score) = HeadValues.Best(scores[((i * (ClassCount + 1)) + 1)..], ClassCount);
            score = HeadValues.Probability(score, Scores, "score");
            if (score >= minimumScore)
            {
                ReadOnlySpan<float> box = edges.Slice(4 * i, 4);
                float width = _signature.InputWidth, height = _signature.InputHeight;
                boxes[found++] = new(best, score, new(box[0] * width, box[1] * height, box[2] * width, box[3] * height));
            }
        }

        return found;
    }
}
