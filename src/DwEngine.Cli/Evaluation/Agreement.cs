using System.Text.Json;
using DwEngine.Cli.Output;

namespace DwEngine.Cli.Evaluation;

/// <summary>How two networks compare on labelled images, and in time.</summary>
internal sealed record Agreement
{
    /// <summary>How many images.</summary>
    public required int Images { get; init; }

    /// <summary>Images to which both give the same first answer.</summary>
    public required int Agreeing { get; init; }

    /// <summary>Images whose class is the first network's first answer.</summary>
    public required int FirstHits { get; init; }

    /// <summary>Images whose class is the second network's first answer.</summary>
    public required int SecondHits { get; init; }

    /// <summary>The largest absolute difference of a logit.</summary>
    public required double LargestDifference { get; init; }

    /// <summary>The median time of a run of the first network, on one thread.</summary>
    public required double FirstMilliseconds { get; init; }

    /// <summary>The median time of a run of the second network, on one thread.</summary>
    public required double SecondMilliseconds { get; init; }

    /// <summary>In percent.</summary>
    public double FirstTop1 => 100.0 * FirstHits / Images;

    /// <summary>In percent.</summary>
    public double SecondTop1 => 100.0 * SecondHits / Images;

    /// <summary>In percent.</summary>
    public double AgreementPercent => 100.0 * Agreeing / Images;

    /// <summary>Writes the members of a JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("images", Images);
        json.WriteRounded("agreement", AgreementPercent, 4);
        json.WriteRounded("top1_a", FirstTop1, 4);
        json.WriteRounded("top1_b", SecondTop1, 4);
        json.WriteRounded("ms_a", FirstMilliseconds, 6);
        json.WriteRounded("ms_b", SecondMilliseconds, 6);
        json.WriteRounded("speedup", FirstMilliseconds / SecondMilliseconds, 4);
        json.WriteNumber("max_logit_difference", LargestDifference);
    }
}
