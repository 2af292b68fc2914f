using System.Globalization;

namespace DwEngine.Compare;

/// <summary>How far two outputs are apart.</summary>
/// <param name="MaxAbsoluteDifference">The largest difference of two elements; infinite where one of them is not a number.</param>
/// <param name="RelativeDifference">The same as a part of the largest element.</param>
internal readonly record struct OutputDifference(double MaxAbsoluteDifference, double RelativeDifference)
{
    /// <summary>The largest relative difference at which two engines count as computing the same.</summary>
    public const double Limit = 1e-4;

    private const int Seed = 20190;

    /// <summary>Whether the outputs are the same but for rounding.</summary>
    public bool IsGood => RelativeDifference <= Limit;

    /// <summary>Fills an input with noise that is the same in every run of this program.</summary>
    public static void FillInput(Span<float> input)
    {
        var random = new Random(Seed);
        foreach (ref float value in input)
        {
            value = (4 * random.NextSingle()) - 2;
        }
    }

    /// <summary>Gives both sides the same input and compares what they answer.</summary>
    /// <exception cref="CompareException">They disagree, or their inputs and outputs have different sizes.</exception>
    public static OutputDifference Require(string model, IRunner ours, IRunner peer)
    {
        if (ours.Input.Length != peer.Input.Length || ours.Output.Length != peer.Output.Length)
        {
            throw new CompareException(
                $"{model}: {Engines.NameOf(ours.Engine)} maps {ours.Input.Length} numbers to {ours.Output.Length}, "
                + $"{Engines.NameOf(peer.Engine)} {peer.Input.Length} to {peer.Output.Length}.");
        }

        FillInput(ours.Input);
        ours.Input.CopyTo(peer.Input);
        ours.Run();
        peer.Run();
        OutputDifference agreement = Compare(ours.Output, peer.Output);
        return agreement.IsGood
            ? agreement
            : throw new CompareException(string.Create(
                CultureInfo.InvariantCulture,
                $"{model}: the outputs differ by {agreement.MaxAbsoluteDifference:g3}, {agreement.RelativeDifference:g3} of the largest; "
                + $"the limit is {Limit:g1}. Do the weights and the ONNX file hold the same network?"));
    }

    /// <summary>Compares two outputs of one length.</summary>
    public static OutputDifference Compare(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        double difference = 0, largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double distance = Math.Abs((double)actual[i] - expected[i]);
            difference = Math.Max(difference, double.IsNaN(distance) ? double.PositiveInfinity : distance);
            largest = Math.Max(largest, Math.Abs(expected[i]));
        }

        return new OutputDifference(difference, difference == 0 ? 0 : difference / largest);
    }
}
