using System.Text.Json;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Output;

namespace DwEngine.Cli.Evaluation;

/// <summary>How two networks compare on images, and in time.</summary>
internal sealed record Agreement
{
    /// <summary>The images, at least one.</summary>
    public required Sample Sample { get; init; }

    /// <summary>How many images.</summary>
    public int Images => Sample.Images;

    /// <summary>Images to which both give the same first answer.</summary>
    public required int Agreeing { get; init; }

    /// <summary>Images whose class is the first network's first answer; 0 where there are no classes.</summary>
    public required int FirstHits { get; init; }

    /// <summary>Images whose class is the second network's first answer; 0 where there are no classes.</summary>
    public required int SecondHits { get; init; }

    /// <summary>The squared distance of the second network's logits to the first's, relative to the squared norm of the latter.</summary>
    public required double Error { get; init; }

    /// <summary>The largest absolute difference of a logit.</summary>
    public required double LargestDifference { get; init; }

    /// <summary>The median time of a run of the first network, on one thread.</summary>
    public required double FirstMilliseconds { get; init; }

    /// <summary>The median time of a run of the second network, on one thread.</summary>
    public required double SecondMilliseconds { get; init; }

    /// <summary>How these times were measured.</summary>
    public required MeasuringConditions Conditions { get; init; }

    /// <summary>In percent; null where there are no classes.</summary>
    public double? FirstTop1 => Sample.Chosen.IsLabelled ? 100.0 * FirstHits / Images : null;

    /// <summary>In percent; null where there are no classes.</summary>
    public double? SecondTop1 => Sample.Chosen.IsLabelled ? 100.0 * SecondHits / Images : null;

    /// <summary>In percent.</summary>
    public double AgreementPercent => 100.0 * Agreeing / Images;

    /// <summary>Writes the members of a JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        Sample.WriteJson(json);
        json.WriteRounded("agreement", AgreementPercent, 4);
        json.WriteOptional("top1_a", FirstTop1, 4);
        json.WriteOptional("top1_b", SecondTop1, 4);
        json.WriteRounded("ms_a", FirstMilliseconds, 6);
        json.WriteRounded("ms_b", SecondMilliseconds, 6);
        json.WriteRounded("speedup", FirstMilliseconds / SecondMilliseconds, 4);
        json.WriteNumber("max_logit_difference", LargestDifference);
        // Undefined where all logits are 0.
        json.WriteOptional("logit_error", double.IsFinite(Error) ? Error : null, 9);
    }
}
