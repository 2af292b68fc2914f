using System.Collections.Immutable;
using DwEngine.Cli.Output;
using DwEngine.Graphs;

namespace DwEngine.Cli.Input;

/// <summary>Lengths that a network's file leaves open.</summary>
internal static class OpenSizes
{
    /// <summary>Requires that all lengths of the inputs are told.</summary>
    /// <param name="inputs">The network's inputs.</param>
    /// <param name="told">The inputs whose shapes are told otherwise.</param>
    /// <param name="hint">What tells them.</param>
    /// <exception cref="CommandException">One is not; the message names it.</exception>
    public static void Require(ImmutableArray<GraphInput> inputs, IReadOnlyCollection<string> told, string hint)
    {
        HashSet<string> known =
            [.. inputs.Where(input => told.Contains(input.Name)).SelectMany(input => input.NamedDimensions).Select(
                dimension => dimension.Name)];
        foreach (GraphInput input in inputs)
        {
            string[] open =
            [
                .. input.NamedDimensions.Where(dimension => !dimension.HasDefault && !known.Contains(dimension.Name))
                    .Select(dimension => $"'{dimension.Name}'"),
            ];
            if (open.Length > 0)
            {
                throw new CommandException(
                    $"The network's file leaves {string.Join(" and ", open)} of its input '{input.Name}' open; {hint} "
                        + $"{(open.Length == 1 ? "it" : "them")}.");
            }
        }
    }
}
