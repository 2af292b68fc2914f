using DwEngine.Cli.Options;
using DwEngine.Graphs;
using DwEngine.Images;

namespace DwEngine.Cli.Input;

/// <summary>Labelled images for a network.</summary>
internal static class LabelledFolder
{
    /// <summary>Lists images of <c>DIR/class/image</c>.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="graph">The network; it must have one output for each class.</param>
    /// <param name="offset">Images to pass over.</param>
    /// <param name="limit">Images at most.</param>
    /// <exception cref="DwEngineException">The folder cannot be used, or the numbers do not fit.</exception>
    public static LabelledImage[] List(string directory, Graph graph, int offset, int limit)
    {
        ImageFolder folder = ImageFolder.Open(directory);
        int outputs = ModelOptions.ClassCount(graph);
        if (folder.Classes.Length != outputs)
        {
            throw new CommandException(
                $"{folder.Directory}: expected {outputs} class folders, one for each output; found {folder.Classes.Length}.");
        }

        if (offset >= folder.Images.Length)
        {
            throw new CommandException(
                $"{folder.Directory}: expected --offset below the number of images, {folder.Images.Length}; found {offset}.");
        }

        return [.. folder.Images.Skip(offset).Take(limit)];
    }
}
