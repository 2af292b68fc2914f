using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DwEngine.Tensors;

namespace DwEngine.Cli.Output;

/// <summary>JSON for machines.</summary>
internal static class JsonText
{
    // Names of files and classes stay readable; the text never becomes part of a web page.
    private static readonly JsonWriterOptions s_options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a report with its input and warnings.</summary>
    public static void Write(TextWriter output, IReport report)
    {
        if (report.IsList)
        {
            WriteDocument(output, json =>
            {
                json.WriteStartArray();
                report.WriteJson(json);
                json.WriteEndArray();
            });
            return;
        }

        Write(output, json =>
        {
            report.WriteJson(json);
            report.Input?.WriteJson(json, "input");
            json.WriteStrings("warnings", report.AllWarnings());
        });
    }

    /// <summary>Writes one object and a line break. Nothing is written if a member fails.</summary>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> writeMembers) => WriteDocument(output, json =>
    {
        json.WriteStartObject();
        writeMembers(json);
        json.WriteEndObject();
    });

    private static void WriteDocument(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            write(json);
        }

        output.Write(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
        output.Write('\n');
    }

    /// <summary>Writes a number with at most that many decimals, so that readers see no noise of the binary fraction.</summary>
    public static void WriteRounded(this Utf8JsonWriter json, string name, double value, int decimals) =>
        json.WriteNumber(name, Math.Round(value, decimals));

    /// <summary>The same for a value that may be unknown; the member is there in any case, so that readers need not ask.</summary>
    public static void WriteOptional(this Utf8JsonWriter json, string name, double? value, int decimals)
    {
        if (value is { } known)
        {
            json.WriteRounded(name, known, decimals);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>Writes a shape as an array of its dimensions.</summary>
    public static void WriteShape(this Utf8JsonWriter json, string name, Shape shape)
    {
        json.WriteStartArray(name);
        foreach (int dimension in shape.Dimensions)
        {
            json.WriteNumberValue(dimension);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes an array of texts.</summary>
    public static void WriteStrings(this Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes an array of numbers.</summary>
    public static void WriteNumbers(this Utf8JsonWriter json, string name, IEnumerable<float> values)
    {
        json.WriteStartArray(name);
        foreach (float value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
