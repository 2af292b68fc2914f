using System.Collections.Immutable;
using System.CommandLine.Parsing;
using System.Globalization;
using DwEngine.Tensors;

namespace DwEngine.Cli.Options;

/// <summary>From text to the values of options. A text that does not fit becomes an error of the command line.</summary>
internal static class OptionParsers
{
    /// <summary>A whole number within limits.</summary>
    public static Func<ArgumentResult, int> Integer(int minimum, int maximum) => result =>
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= minimum && value <= maximum)
        {
            return value;
        }

        result.AddError($"{Name(result)}: expected a whole number from {minimum} to {maximum}, found '{text}'.");
        return default;
    };

    /// <summary>A number from 0 to 1.</summary>
    public static float Share(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && value is >= 0 and <= 1)
        {
            return value;
        }

        result.AddError($"{Name(result)}: expected a number from 0 to 1, found '{text}'.");
        return default;
    }

    /// <summary>A finite number between limits.</summary>
    public static Func<ArgumentResult, double?> Number(double minimum, double maximum = double.MaxValue) => result =>
    {
        string text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && double.IsFinite(value) && value >= minimum && value <= maximum)
        {
            return value;
        }

        result.AddError(
            $"{Name(result)}: expected a number of at least {minimum.ToString("R", CultureInfo.InvariantCulture)}"
            + (maximum < double.MaxValue ? $" and at most {maximum.ToString("R", CultureInfo.InvariantCulture)}" : "")
            + $", found '{text}'.");
        return null;
    };

    /// <summary>A number of bytes, with or without a binary unit: 2GiB, 512MiB, 2G, 1000000.</summary>
    public static long Bytes(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        string digits = text.TrimEnd([.. "BGKMTbgikmt"]);
        int shift = text[digits.Length..].ToLowerInvariant() switch
        {
            "" or "b" => 0,
            "k" or "kib" => 10,
            "m" or "mib" => 20,
            "g" or "gib" => 30,
            "t" or "tib" => 40,
            _ => -1,
        };
        if (shift >= 0 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value > 0 && value <= long.MaxValue >> shift)
        {
            return value << shift;
        }

        result.AddError($"{Name(result)}: expected a number of bytes such as 2GiB or 512MiB, found '{text}'.");
        return 0;
    }

    /// <summary>A file name with one of several extensions.</summary>
    public static Func<ArgumentResult, string?> FileName(params string[] extensions) => result =>
    {
        string text = result.Tokens[0].Value;
        if (extensions.Contains(Path.GetExtension(text), StringComparer.OrdinalIgnoreCase))
        {
            return text;
        }

        result.AddError($"{Name(result)}: expected a file name ending in {string.Join(" or ", extensions)}, found '{text}'.");
        return null;
    };

    /// <summary>One of several words, in any case of letters.</summary>
    public static Func<ArgumentResult, T> Word<T>(IReadOnlyDictionary<string, T> words) => result =>
    {
        string text = result.Tokens[0].Value;
        if (words.TryGetValue(text.ToLowerInvariant(), out T? value))
        {
            return value;
        }

        result.AddError($"{Name(result)}: expected {string.Join(", ", words.Keys)}; found '{text}'.");
        return default!;
    };

    /// <summary>Three finite numbers with commas, one for each colour.</summary>
    /// <param name="mustBePositive">Whether each must be above 0.</param>
    public static Func<ArgumentResult, ImmutableArray<float>?> Colours(bool mustBePositive) => result =>
    {
        string text = result.Tokens[0].Value;
        string[] parts = text.Split(',');
        var values = ImmutableArray.CreateBuilder<float>(parts.Length);
        foreach (string part in parts)
        {
            if (float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
                && float.IsFinite(value) && (!mustBePositive || value > 0))
            {
                values.Add(value);
            }
        }

        if (parts.Length == 3 && values.Count == 3)
        {
            return values.ToImmutable();
        }

        string kind = mustBePositive ? "three finite numbers above 0" : "three finite numbers";
        result.AddError($"{Name(result)}: expected {kind} with commas, such as 0.229,0.224,0.225; found '{text}'.");
        return null;
    };

    /// <summary>Shapes of a network's inputs, each N,C,H,W or NxCxHxW or any other, after a name and = where there are several.</summary>
    public static NamedShape[]? Shapes(ArgumentResult result)
    {
        var shapes = new List<NamedShape>();
        foreach (Token token in result.Tokens)
        {
            int end = token.Value.LastIndexOf('=');
            string? name = end < 0 ? null : token.Value[..end];
            if (TryShape(token.Value[(end + 1)..]) is not { } shape)
            {
                result.AddError(
                    $"{Name(result)}: expected N,C,H,W with whole numbers above 0, such as 1,3,224,224; found '{token.Value}'.");
                return null;
            }

            shapes.Add(new NamedShape(name, shape));
        }

        return [.. shapes];
    }

    private static Shape? TryShape(string text)
    {
        string[] parts = text.Split([',', 'x']);
        Span<int> dimensions = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < parts.Length; i++)
        {
            if (i == dimensions.Length
                || !int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out dimensions[i]) || dimensions[i] < 1)
            {
                return null;
            }
        }

        try
        {
            return new Shape(dimensions[..parts.Length]);
        }
        catch (ShapeException)
        {
            // More elements than can be counted.
            return null;
        }
    }

    private static string Name(ArgumentResult result) => result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
}
