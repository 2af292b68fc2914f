using System.Numerics;
using System.Runtime.InteropServices;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Vision.Detection;

/// <summary>What decoders share: checks of the outputs, and the arithmetic of heads.</summary>
internal static class HeadValues
{
    // What rounding may add to or take from a probability.
    private const float Slack = 1e-3f;

    public static float Sigmoid(float value) => 1 / (1 + MathF.Exp(-value));

    /// <summary>The mean of the bins 0, 1, 2 ... under the softmax of their logits.</summary>
    /// <param name="logits">Where the first bin's logit stands.</param>
    /// <param name="bins">How many bins there are.</param>
    /// <param name="stride">From one bin's logit to the next.</param>
    public static float ExpectedBin(ReadOnlySpan<float> logits, int bins, int stride)
    {
        float largest = float.NegativeInfinity;
        for (int bin = 0; bin < bins; bin++)
        {
            largest = MathF.Max(largest, logits[bin * stride]);
        }

        float sum = 0, weighted = 0;
        for (int bin = 0; bin < bins; bin++)
        {
            float power = MathF.Exp(logits[bin * stride] - largest);
            sum += power;
            weighted += bin * power;
        }

        return weighted / sum;
    }

    /// <summary>The first class of the largest value, and that value.</summary>
    /// <param name="values">Where the first class's value stands.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="stride">From one class's value to the next.</param>
    public static (int Class, float Value) Best(ReadOnlySpan<float> values, int classes, int stride = 1)
    {
        int best = 0;
        float value = values[0];
        for (int i = 1; i < classes; i++)
        {
            float other = values[i * stride];
            if (other > value)
            {
                (best, value) = (i, other);
            }
        }

        return (best, value);
    }

    /// <summary>Holds the outputs of a run against what a decoder was made for.</summary>
    public static void Require(
        DetectorSignature signature, ReadOnlySpan<ReadOnlyMemory<float>> outputs, ReadOnlySpan<ScoredBox> boxes, int maxBoxes)
    {
        if (boxes.Length < maxBoxes)
        {
            throw new ArgumentException($"Room for {maxBoxes} boxes was expected; found room for {boxes.Length}.", nameof(boxes));
        }

        if (outputs.Length != signature.Outputs.Length)
        {
            throw new DetectionException(
                $"{signature.Outputs.Length} outputs were expected ({signature.OutputsText}); found {outputs.Length}.");
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            SessionValue output = signature.Outputs[i];
            ReadOnlySpan<float> values = outputs[i].Span;
            if (values.Length != output.Shape.ElementCount)
            {
                throw new DetectionException(
                    $"The output '{output.Name}' of shape {output.Shape} has {output.Shape.ElementCount} elements; found {values.Length}.");
            }

            int wrong = FirstNotFinite(values);
            if (wrong >= 0)
            {
                throw new DetectionException(
                    $"The output '{output.Name}' has {values[wrong]} at element {wrong}; finite numbers were expected.");
            }
        }
    }

    /// <summary>A score, which rounding may have led out of 0 to 1.</summary>
    /// <exception cref="DetectionException">It is no probability.</exception>
    public static float Probability(float value, SessionValue output, string what) =>
        value is >= -Slack and <= 1 + Slack
            ? Math.Clamp(value, 0, 1)
            : throw new DetectionException($"The output '{output.Name}' has {what} {value}; probabilities of 0 to 1 were expected.");

    /// <summary>Requires float32 and one image.</summary>
    public static void RequireOneImage(DetectorSignature signature)
    {
        if (signature.Outputs.IsDefaultOrEmpty)
        {
            throw new DetectionException("The network has no outputs; at least one was expected.");
        }

        foreach (SessionValue output in signature.Outputs)
        {
            if (output.Type != ElementType.Float32 || output.Shape.Rank < 3 || output.Shape[0] != 1)
            {
                throw new DetectionException(
                    $"float32 outputs of 3 to 5 dimensions, the first of them 1, were expected; "
                    + $"found {output.Type} '{output.Name}' {output.Shape}.");
            }
        }
    }

    /// <summary>The only output.</summary>
    public static SessionValue Single(DetectorSignature signature, int rank, string layout)
    {
        RequireOneImage(signature);
        return signature.Outputs is [var only] && only.Shape.Rank == rank
            ? only
            : throw new DetectionException($"one output {layout} was expected; found {signature.OutputsText}.");
    }

    /// <summary>The number of classes, held against what is known of it.</summary>
    public static int Classes(DetectorSignature signature, int found, string how)
    {
        if (found < 1 || (signature.ClassCount is { } known && known != found))
        {
            string expected = signature.ClassCount is { } count ? $"{count}" : "at least 1";
            throw new DetectionException($"{expected} classes were expected; found {signature.OutputsText}, which makes {found} ({how}).");
        }

        return found;
    }

    /// <summary>How many input pixels a cell of a grid is wide and high.</summary>
    public static int Stride(DetectorSignature signature, SessionValue output, int rows, int columns)
    {
        int stride = columns > 0 ? signature.InputWidth / columns : 0;
        return stride > 0 && stride * columns == signature.InputWidth && stride * rows == signature.InputHeight
            ? stride
            : throw new DetectionException(
                $"a grid of square cells over the input of {signature.InputWidth} x {signature.InputHeight} pixels was expected; "
                + $"found {columns} x {rows} cells in '{output.Name}' {output.Shape}.");
    }

    private static int FirstNotFinite(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        int start = 0;
        // Only for NaN and the infinities is a number less itself not 0.
        while (start < vectors.Length && Vector.EqualsAll(vectors[start] - vectors[start], Vector<float>.Zero))
        {
            start++;
        }

        for (int i = start * Vector<float>.Count; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
