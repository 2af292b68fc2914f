using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Onnx;

/// <summary>How an ONNX network is read.</summary>
public sealed record OnnxOptions
{
    /// <summary>The default shapes of inputs by name, for those whose shape the file leaves open; others have the file's.</summary>
    public IReadOnlyDictionary<string, Shape> InputShapes { get; init; } = ImmutableDictionary<string, Shape>.Empty;

    /// <summary>
    /// Inputs that have one value for good, by name, such as weights that a network takes as inputs. They are no inputs any more.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> Constants { get; init; } = ImmutableDictionary<string, Tensor>.Empty;

    /// <summary>
    /// The folder of files that hold weights beside the network; null for the folder of the network's own file. A network from a stream or
    /// bytes has none, and is refused if its weights lie elsewhere. No file outside the folder is opened.
    /// </summary>
    public string? WeightsFolder { get; init; }
}
