using DwEngine.Cli.Input;
using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;

namespace DwEngine.Cli.Commands;

/// <summary>The folder to which <c>dw demo</c> writes its networks and photographs, for the user to go on with.</summary>
internal sealed class DemoFolder
{
    private readonly List<string> _networks = [];
    private readonly List<string> _left = [];

    private DemoFolder(string path) => Path = path;

    /// <summary>The folder, as the user named it.</summary>
    public string Path { get; }

    /// <summary>The weight files: first the original, last the best.</summary>
    public IReadOnlyList<string> Networks => _networks;

    /// <summary>What was decomposed by methods whose result no weight file can hold.</summary>
    public IReadOnlyList<string> Left => _left;

    /// <summary>The folder of the photographs.</summary>
    public string Photographs => System.IO.Path.Combine(Path, "photographs");

    /// <summary>Makes the folder, before the work.</summary>
    /// <exception cref="CommandException">It cannot be made.</exception>
    public static DemoFolder Create(string path)
    {
        var folder = new DemoFolder(path);
        try
        {
            Directory.CreateDirectory(folder.Photographs);
            return folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"{path}: cannot be made a folder: {error.Message}", error);
        }
    }

    /// <summary>
    /// Writes networks with their metadata, and the photographs. Each file is complete or not there; one of the same name is replaced.
    /// </summary>
    /// <param name="original">The network that was decomposed.</param>
    /// <param name="decomposed">What became of it, by the name of the method.</param>
    /// <exception cref="DwEngineException">A file cannot be written.</exception>
    public void Save(Network original, IReadOnlyList<(string Method, Graph Graph)> decomposed)
    {
        Save("original", original.Graph, original.Metadata);
        foreach ((string method, Graph graph) in decomposed)
        {
            try
            {
                Save(method.Replace(", ", "-", StringComparison.Ordinal).Replace(' ', '-'), graph, original.Metadata);
            }
            catch (WeightMismatchException)
            {
                _left.Add(method);
            }
        }

        foreach (string photograph in DemoFiles.Photographs)
        {
            Copy(photograph, Photographs);
        }

        // Not among the photographs, so that their folder holds images only.
        Copy(DemoFiles.Licences, Path);
    }

    private static void RequireOwn(string target) =>
        OutputFiles.RequireNoneOf([DemoFiles.Model, DemoFiles.Licences, .. DemoFiles.Photographs], ("a file of --save", target));

    private static void Copy(string source, string folder)
    {
        string target = System.IO.Path.Combine(folder, System.IO.Path.GetFileName(source));
        RequireOwn(target);
        try
        {
            byte[] bytes = File.ReadAllBytes(source);
            AtomicFile.Write(target, stream => stream.Write(bytes));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{target}: cannot be written: {error.Message}", error);
        }
    }

    private void Save(string name, Graph graph, ModelMetadata metadata)
    {
        string file = System.IO.Path.Combine(Path, $"cifar10_{name}.safetensors");
        RequireOwn(file);
        ModelFile.Save(file, graph, metadata);
        _networks.Add(file);
    }
}
