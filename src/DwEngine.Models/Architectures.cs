using System.Collections.Immutable;
using DwEngine.Graphs;

namespace DwEngine.Models;

/// <summary>The architectures that the engine knows: the one place to add another.</summary>
public static class Architectures
{
    /// <summary>All known architectures; the first that recognises a set of tensors builds it.</summary>
    public static ImmutableArray<IArchitecture> All { get; } = [new ShuffleNetV2(), new MegviiShuffleNetV2()];

    /// <summary>The settings of all of them.</summary>
    public static ImmutableArray<ArchitectureSetting> Settings { get; } = [.. All.SelectMany(architecture => architecture.Settings)];

    /// <summary>Builds the network that the tensors' names tell.</summary>
    /// <param name="checkpoint">Weights and metadata.</param>
    /// <exception cref="WeightMismatchException">
    /// No known architecture has such names, or the tensors do not fit the one that has.
    /// </exception>
    public static Network Build(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return Find(checkpoint.Tensors).Build(checkpoint.Tensors, checkpoint.Metadata);
    }

    /// <summary>
    /// The way back from a graph whose weights were changed, as by a decomposition: tensors under the names that <see cref="Build"/> reads,
    /// and metadata that say what the graph has become.
    /// </summary>
    /// <param name="graph">A graph that <see cref="Build"/> made, before any pass, or what a decomposition made of it.</param>
    /// <param name="metadata">
    /// What is known of the network. The architecture's name is set anew; torchvision's ImageNet values stand in for what is not known, so
    /// that the result is complete.
    /// </param>
    /// <exception cref="WeightMismatchException">
    /// No known architecture has a graph like this, as after a pass or where a layer was replaced by two; or the metadata contradict it.
    /// </exception>
    public static Checkpoint ToCheckpoint(Graph graph, ModelMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(metadata);
        var checkpoint = new Checkpoint(Find(StateDict.Of(graph)).ToStateDict(graph), metadata.Or(ModelMetadata.ImageNet));
        Network rebuilt = Build(checkpoint);
        RequireSameNodes(graph, rebuilt);
        return checkpoint with { Metadata = rebuilt.Metadata };
    }

    /// <summary>What only networks of the tensors' architecture have; nothing for tensors of no known one.</summary>
    /// <param name="tensors">The tensors.</param>
    public static ImmutableArray<ArchitectureSetting> SettingsOf(StateDict tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return All.FirstOrDefault(architecture => architecture.Recognises(tensors))?.Settings ?? [];
    }

    private static IArchitecture Find(StateDict tensors)
    {
        foreach (IArchitecture architecture in All)
        {
            if (architecture.Recognises(tensors))
            {
                return architecture;
            }
        }

        string known = string.Join(", ", All.Select(architecture => architecture.Name));
        string names = string.Join(", ", tensors.Names.Take(3).Select(name => $"'{WeightProblems.Shown(name)}'"));
        string found = tensors.Count == 0
            ? "no tensors at all"
            : $"{Words.Count(tensors.Count, "tensor")} with names such as {names}";
        string likeness = WeightLikeness.ArchitectureOf(tensors.Names) is { } other ? $" They look like those of {other}." : "";
        throw new WeightMismatchException($"The tensors are of no known architecture: expected those of {known}, found {found}.{likeness}");
    }

    // Tensors do not tell all: whoever reads the file would build another network than this.
    private static void RequireSameNodes(Graph graph, Network rebuilt)
    {
        var names = graph.Nodes.Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        names.SymmetricExceptWith(rebuilt.Graph.Nodes.Select(node => node.Name));
        if (names.Count > 0)
        {
            const int Shown = 8;
            string differing = string.Join(
                ", ", names.Order(StringComparer.Ordinal).Take(Shown).Select(name => $"'{WeightProblems.Shown(name)}'"))
                + (names.Count > Shown ? $" and {names.Count - Shown} more" : "");
            string settings = string.Join(", ", rebuilt.Metadata.Settings.Select(setting => $"{setting.Key} {setting.Value}"));
            throw new WeightMismatchException(
                $"The graph is not the {rebuilt.Metadata.Architecture} ({settings}) that the metadata tell: only one of them has "
                    + $"{differing}.");
        }
    }
}
