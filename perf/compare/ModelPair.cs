using System.Collections.Immutable;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Networks;
using DwEngine.Onnx;
using DwEngine.Runtime;

namespace DwEngine.Compare;

/// <summary>One network as each side reads it.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Weights">The file that this engine loads: of weights, or the same as ONNX Runtime's.</param>
/// <param name="Onnx">The file that ONNX Runtime loads.</param>
internal sealed record ModelPair(string Name, string Weights, string Onnx)
{
    /// <summary>The networks that are compared unless others are named.</summary>
    public static ImmutableArray<string> DefaultNames { get; } =
        ["shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x0_5_expanded"];

    /// <summary>Whether this engine loads a file of weights.</summary>
    public bool HasWeights => Weights != Onnx;

    /// <summary>The file that an engine loads.</summary>
    public string FileOf(Engine engine) => engine == Engine.Ours ? Weights : Onnx;

    /// <summary>Loads a file for this engine, which is of weights or an ONNX network.</summary>
    /// <exception cref="DwEngineException">The file cannot be used.</exception>
    public static Model Load(string file) => OnnxFile.IsOnnx(file) ? new Model(OnnxFile.Load(file).Graph) : ModelFile.Load(file);

    /// <summary>A pair whose files exist.</summary>
    /// <exception cref="CompareException">One of the files is missing.</exception>
    public static ModelPair Of(string name, string weights, string onnx)
    {
        foreach (string file in (ReadOnlySpan<string>)[weights, onnx])
        {
            if (!File.Exists(file))
            {
                throw new CompareException($"{file} is no file.");
            }
        }

        return new ModelPair(name, weights, onnx);
    }

    /// <summary>The default networks from a folder with a .pth and an .onnx file of each.</summary>
    /// <exception cref="CompareException">One of the files is missing.</exception>
    public static ImmutableArray<ModelPair> FromFolder(string folder) =>
        [.. DefaultNames.Select(name => Of(name, Path.Combine(folder, name + ".pth"), Path.Combine(folder, name + ".onnx")))];

    /// <summary>Builds a network with random weights and writes it to files, which both engines and their processes can load.</summary>
    /// <param name="name">One of <see cref="RandomNetworks.Names"/>.</param>
    /// <param name="folder">Where the files go.</param>
    /// <exception cref="CompareException">There is no such network.</exception>
    public static ModelPair Build(string name, string folder)
    {
        Graph graph = RandomNetworks.TryBuild(name)
            ?? throw new CompareException($"there is no network '{name}'; expected one of {string.Join(", ", RandomNetworks.Names)}.");
        string onnx = Path.Combine(folder, name + OnnxFile.Extension);
        OnnxExport.Save(onnx, graph);
        if (!name.StartsWith("shufflenet", StringComparison.Ordinal))
        {
            return new ModelPair(name, onnx, onnx);
        }

        string weights = Path.Combine(folder, name + ".safetensors");
        ModelFile.Save(weights, graph, new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.ImageNet) });
        return new ModelPair(name, weights, onnx);
    }
}
