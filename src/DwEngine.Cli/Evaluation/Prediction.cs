using System.Globalization;
using System.Text.Json;
using DwEngine.Cli.Output;

namespace DwEngine.Cli.Evaluation;

/// <summary>One answer of a network.</summary>
/// <param name="Index">The class's place among the outputs.</param>
/// <param name="Label">Its name, where that is known.</param>
/// <param name="Probability">From 0 to 1.</param>
internal sealed record Prediction(int Index, string? Label, double Probability)
{
    /// <summary>The name, or the index where there is none.</summary>
    public string Name => Label ?? "class " + Index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Writes a member that holds an array of answers.</summary>
    public static void WriteJson(Utf8JsonWriter json, string name, IEnumerable<Prediction> predictions)
    {
        json.WriteStartArray(name);
        foreach (Prediction prediction in predictions)
        {
            json.WriteStartObject();
            json.WriteNumber("index", prediction.Index);
            if (prediction.Label is not null)
            {
                json.WriteString("label", prediction.Label);
            }

            json.WriteRounded("probability", prediction.Probability, 6);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
