using System.CommandLine;
using DwEngine.Decomposition;

namespace DwEngine.DecompositionExperiments;

/// <summary>Options of more than one experiment.</summary>
internal static class CommonOptions
{
    public static Option<string[]> Methods() => new("--methods")
    {
        Description = "Methods. Default: all.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. DecompositionMethods.All.Select(method => method.Name)],
    };

    public static Option<int[]> Ranks() => new("--ranks")
    {
        Description = "Depthwise filters for each input channel.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1],
    };

    public static Option<int[]> Seeds() => new("--seeds")
    {
        Description = "Each chooses other calibration images.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 2, 3],
    };
}
