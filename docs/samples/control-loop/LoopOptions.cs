using System.Globalization;

namespace DwEngine.Samples;

/// <summary>What the command line says.</summary>
internal sealed record LoopOptions
{
    public string? Model { get; init; }

    public string? Frames { get; init; }

    public int Seconds { get; init; } = 60;

    public int Threads { get; init; } = 2;

    public int Rate { get; init; } = 30;

    public bool IsRealTime { get; init; }

    /// <summary>Reads the arguments; null if they are wrong.</summary>
    public static LoopOptions? Parse(ReadOnlySpan<string> args)
    {
        var options = new LoopOptions();
        while (!args.IsEmpty)
        {
            (string name, string? value) = (args[0], args.Length > 1 ? args[1] : null);
            int taken = 2;
            switch (name)
            {
                case "--realtime":
                    (options, taken) = (options with { IsRealTime = true }, 1);
                    break;
                case "--frames" when value is not null:
                    options = options with { Frames = value };
                    break;
                case "--seconds" when TryNumber(value, 86400, out int seconds):
                    options = options with { Seconds = seconds };
                    break;
                case "--threads" when TryNumber(value, 64, out int threads):
                    options = options with { Threads = threads };
                    break;
                case "--rate" when TryNumber(value, 1000, out int rate):
                    options = options with { Rate = rate };
                    break;
                case not ['-', ..] when options.Model is null:
                    (options, taken) = (options with { Model = name }, 1);
                    break;
                default:
                    return null;
            }

            args = args[taken..];
        }

        return options;
    }

    private static bool TryNumber(string? text, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= most;
}
