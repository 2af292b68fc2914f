using System.Collections.Immutable;

namespace DwEngine.Models;

/// <summary>The architectures that the engine knows: the one place to add another.</summary>
public static class Architectures
{
    /// <summary>All known architectures; the first that recognises a set of tensors builds it.</summary>
    public static ImmutableArray<IArchitecture> All { get; } = [new ShuffleNetV2()];

    /// <summary>Builds the network that the tensors' names tell.</summary>
    /// <param name="checkpoint">Weights and metadata.</param>
    /// <exception cref="WeightMismatchException">
    /// No known architecture has such names, or the tensors do not fit the one that has.
    /// </exception>
    public static Network Build(Checkpoint checkpoint)
    {
        foreach (IArchitecture architecture in All)
        {
            if (architecture.Recognises(checkpoint.Tensors))
            {
                return architecture.Build(checkpoint.Tensors, checkpoint.Metadata);
            }
        }

        string known = string.Join(", ", All.Select(architecture => architecture.Name));
        string found = checkpoint.Tensors.Count == 0 ? "no tensors at all" : $"names such as '{checkpoint.Tensors.Names[0]}'";
        throw new WeightMismatchException($"The tensors are of no known architecture: expected those of {known}, found {found}.");
    }
}
