using DwEngine.Graphs;

namespace DwEngine.Cli.Input;

/// <summary>How many classes a classifier tells apart.</summary>
internal static class ClassCount
{
    /// <summary>The last dimension of the network's first output; 1 if that is a single number.</summary>
    public static int Of(Graph graph) => graph.Infer()[graph.Outputs[0].Value].Shape is { Rank: > 0 } shape ? shape[^1] : 1;
}
