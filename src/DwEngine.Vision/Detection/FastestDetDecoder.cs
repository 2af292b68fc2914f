using DwEngine.Runtime;

namespace DwEngine.Vision.Detection;

/// <summary>
/// FastestDet's head: one box for each cell of a grid. The output is 1 x (5 + C) x H x W: the probability of an object, the tanh's argument
/// of the centre's offset across and down in cells, the logit of the width and the height as shares of the input, the probabilities of C
/// classes.
/// </summary>
public sealed class FastestDetDecoder : IDetectionDecoder
{
    private const int FirstClass = 5;

    private readonly DetectorSignature _signature;
    private readonly SessionValue _output;
    private readonly int _rows, _columns;

    /// <summary>Makes the decoder.</summary>
    /// <exception cref="DetectionException">The outputs are not FastestDet's.</exception>
    public FastestDetDecoder(DetectorSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        _signature = signature;
        _output = HeadValues.Single(signature, 4, "1 x (5 + classes) x rows x columns");
        (_rows, _columns) = (_output.Shape[2], _output.Shape[3]);
        HeadValues.Stride(signature, _output, _rows, _columns);
        ClassCount = HeadValues.Classes(signature, _output.Shape[1] - FirstClass, "5 channels less");
    }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public int MaxBoxes => _rows * _columns;

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<ReadOnlyMemory<float>> outputs, float minimumScore, Span<ScoredBox> boxes)
    {
        HeadValues.Require(_signature, outputs, boxes, MaxBoxes);
        ReadOnlySpan<float> values = outputs[0].Span;
        int plane = MaxBoxes, found = 0;
        for (int cell = 0; cell < plane; cell++)
        {
            ReadOnlySpan<float> at = values[cell..];
            float objectness = HeadValues.Probability(at[0], _output, "objectness");
            (int best, float probability) = HeadValues.Best(at[(FirstClass * plane)..], ClassCount, plane);
            probability = HeadValues.Probability(probability, _output, "class score");
            float score = MathF.Pow(objectness, 0.6f) * MathF.Pow(probability, 0.4f);
            if (score >= minimumScore)
            {
                float x = ((cell % _columns) + MathF.Tanh(at[plane])) / _columns;
                float y = ((cell / _columns) + MathF.Tanh(at[2 * plane])) / _rows;
                float width = HeadValues.Sigmoid(at[3 * plane]), height = HeadValues.Sigmoid(at[4 * plane]);
                boxes[found++] = new(best, score, BoundingBox.Around(
                    x * _signature.InputWidth, y * _signature.InputHeight, width * _signature.InputWidth, height * _signature.InputHeight));
            }
        }

        return found;
    }
}
