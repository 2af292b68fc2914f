using System.Collections.Immutable;

namespace DwEngine.Compare;

/// <summary>One network as each side reads it.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Weights">The file that this engine loads.</param>
/// <param name="Onnx">The file that ONNX Runtime loads.</param>
internal sealed record ModelPair(string Name, string Weights, string Onnx)
{
    private const string SharedVariable = "DWENGINE_SHARED";

    private static readonly ImmutableArray<string> s_names = ["shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x0_5_expanded"];

    /// <summary>The file that an engine loads.</summary>
    public string FileOf(Engine engine) => engine == Engine.Ours ? Weights : Onnx;

    /// <summary>A pair whose files exist.</summary>
    /// <exception cref="CompareException">One of the files is missing.</exception>
    public static ModelPair Of(string name, string weights, string onnx)
    {
        foreach (string file in (ReadOnlySpan<string>)[weights, onnx])
        {
            if (!File.Exists(file))
            {
                throw new CompareException($"{file} is no file; name a pair with --model and --onnx, or where the default networks are "
                    + $"with --models or in the variable DWENGINE_SHARED (its folder 'models').");
            }
        }

        return new ModelPair(name, weights, onnx);
    }

    /// <summary>The networks that are compared unless others are named.</summary>
    /// <param name="folder">Their folder; null to look for it.</param>
    /// <exception cref="CompareException">The folder or one of the files is missing.</exception>
    public static ImmutableArray<ModelPair> Defaults(string? folder)
    {
        string found = folder ?? FindFolder();
        return [.. s_names.Select(name => Of(name, Path.Combine(found, name + ".pth"), Path.Combine(found, name + ".onnx")))];
    }

    private static string FindFolder()
    {
        if (Environment.GetEnvironmentVariable(SharedVariable) is { Length: > 0 } shared)
        {
            return Path.Combine(shared, "models");
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DwEngine.sln")))
            {
                return Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "models"));
            }
        }

        throw new CompareException(
            $"There is no DwEngine.sln above this program to look for models beside; name their folder with --models or {SharedVariable}.");
    }
}
