using System.Collections.Immutable;
using DwEngine.Graphs;

namespace DwEngine.Models;

/// <summary>An architecture: a family of networks that can be told by its tensors' names and built from them.</summary>
public interface IArchitecture
{
    /// <summary>The family's name for people, such as <c>ShuffleNet V2</c>.</summary>
    string Name { get; }

    /// <summary>What its networks differ in that no tensor tells; the names are of no other architecture.</summary>
    ImmutableArray<ArchitectureSetting> Settings { get; }

    /// <summary>Whether the names look like this family's; the tensors may still be wrong or incomplete.</summary>
    bool Recognises(StateDict tensors);

    /// <summary>
    /// Whether a tensor of this name is one that networks of this family have and others hardly do, so that what stands before it in a
    /// longer name is a prefix of all their names.
    /// </summary>
    bool IsTelling(ReadOnlySpan<char> name);

    /// <summary>Builds the network.</summary>
    /// <param name="tensors">The weights; floating-point types other than Float32 are converted.</param>
    /// <param name="metadata">What is known beside them; torchvision's ImageNet values stand in for what is not.</param>
    /// <exception cref="WeightMismatchException">
    /// Tensors are missing, surplus, wrongly shaped or typed, or not finite; the error holds them all.
    /// </exception>
    /// <exception cref="ShapeException">
    /// The input size is not 1 to <see cref="ModelMetadata.MaxInputSize"/>, or too small for the network.
    /// </exception>
    Network Build(StateDict tensors, ModelMetadata metadata);

    /// <summary>The way back: the tensors of a graph of this family, under the names and in the order of a weight file.</summary>
    /// <exception cref="WeightMismatchException">The graph's tensors are not those of this family, as after batch norm folding.</exception>
    StateDict ToStateDict(Graph graph);
}
