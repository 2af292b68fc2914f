using System.Runtime.InteropServices;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Cli.Tests;

/// <summary>A folder for one test, with the small trained network and the photographs that the command line carries for its demo.</summary>
public sealed class CliFiles : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dw-cli-").FullName;

    /// <summary>Ten classes of 32 x 32 images, with all its metadata.</summary>
    internal static string Model { get; } = Path.Combine(AppContext.BaseDirectory, "Demo", "cifar10_expanded_x0_5.safetensors");

    /// <summary>What weight files that were trained on CIFAR-10 do not tell of their input.</summary>
    internal static string[] CifarOptions { get; } =
        ["--stem", "cifar", "--size", "32", "--mean", "0.4914,0.4822,0.4465", "--std", "0.2470,0.2435,0.2616"];

    /// <summary>A photograph of a cat.</summary>
    internal static string Cat { get; } = Path.Combine(AppContext.BaseDirectory, "Demo", "chelsea.png");

    /// <summary>A photograph, as JPEG.</summary>
    internal static string Rocket { get; } = Path.Combine(AppContext.BaseDirectory, "Demo", "rocket.jpg");

    internal static Shape ModelInput { get; } = new(1, 3, 32, 32);

    internal string this[string name] => Path.Combine(_folder, name);

    /// <summary>Names of everything in the folder: what a command left behind.</summary>
    internal IEnumerable<string?> Names =>
        Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    /// <summary>Writes numbers as the raw files that <c>dw forward</c> reads.</summary>
    internal string WriteFloats(string name, ReadOnlySpan<float> values)
    {
        File.WriteAllBytes(this[name], MemoryMarshal.AsBytes(values));
        return this[name];
    }

    /// <summary>Writes an input of the right shape.</summary>
    internal string WriteInput(string name, int batch = 1)
    {
        var random = new Random(7);
        float[] values = new float[batch * ModelInput.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }

        return WriteFloats(name, values);
    }

    internal static float[] ReadFloats(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();

    /// <summary>Writes the model again with tensors or metadata changed.</summary>
    internal string WriteModel(
        string name, Func<string, Tensor, Tensor>? change = null, Func<ModelMetadata, ModelMetadata>? describe = null)
    {
        Checkpoint checkpoint = CheckpointFile.Load(Model);
        var tensors = new StateDict();
        foreach ((string key, Tensor tensor) in checkpoint.Tensors)
        {
            tensors.Add(key, change is null ? tensor : change(key, tensor));
        }

        CheckpointFile.Save(this[name], new Checkpoint(tensors, describe is null ? checkpoint.Metadata : describe(checkpoint.Metadata)));
        return this[name];
    }

    /// <summary>The names of the model's outputs.</summary>
    internal static IReadOnlyList<string> Labels { get; } =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>A folder for <c>dw eval</c> with the photograph of the cat under every class of the model.</summary>
    internal string WriteImageFolder(string name, int classes = 10)
    {
        for (int i = 0; i < classes; i++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(this[name], i < Labels.Count ? Labels[i] : $"class{i:D2}")).FullName;
            File.Copy(Cat, Path.Combine(folder, "cat.png"));
        }

        return this[name];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
