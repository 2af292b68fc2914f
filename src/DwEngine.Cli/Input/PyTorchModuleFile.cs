using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.PyTorch;

namespace DwEngine.Cli.Input;

/// <summary>PyTorch modules as files of networks: what their text tells, with weights from another file.</summary>
internal static class PyTorchModuleFile
{
    /// <summary>Whether a file is a module by its name. That it is one of ours shows when it is read.</summary>
    public static bool IsModule(string path) =>
        Path.GetExtension(path).Equals(PyTorchModule.Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a module with the weights beside it.</summary>
    /// <param name="path">The file of the module.</param>
    /// <exception cref="FileFormatException">A file cannot be read.</exception>
    /// <exception cref="WeightMismatchException">The weights do not fit, or are another module's.</exception>
    public static WeightFile Open(string path)
    {
        WeightFile file = Open(path, PyTorchModule.WeightsOf(path), root: null);
        file.OneNetwork = "a PyTorch module is one network, with its weights beside it";
        return file;
    }

    /// <summary>Reads a module with other weights.</summary>
    /// <param name="path">The file of the module.</param>
    /// <param name="weights">The file of the weights.</param>
    /// <param name="root">Which of several networks in that file; null for the one that was trained.</param>
    /// <inheritdoc cref="Open(string)"/>
    public static WeightFile Open(string path, string weights, string? root)
    {
        var module = PyTorchModule.Load(path);
        Checkpoint checkpoint = CheckpointFile.Load(weights, root);
        module.RequireOwn(weights, checkpoint);
        WeightFile file = Fill(path, module, weights, checkpoint);
        file.LayersTold = "a PyTorch module tells its layers itself";
        return file;
    }

    /// <summary>Fills weights into the module that was made anew of a network.</summary>
    /// <param name="path">The file of the network.</param>
    /// <param name="module">The module.</param>
    /// <param name="weights">The file of the weights.</param>
    /// <param name="root">Which of several networks in that file; null for the one that was trained.</param>
    /// <exception cref="FileFormatException">The weights cannot be read.</exception>
    /// <exception cref="WeightMismatchException">The weights do not fit.</exception>
    public static WeightFile Fill(string path, PyTorchModule module, string weights, string? root)
    {
        Checkpoint checkpoint = CheckpointFile.Load(weights, root);
        if (!module.IsOwn(checkpoint))
        {
            // Another form of the same network has a module of its own. Whether it is one, only the user knows.
            string remark = $"they were saved by a module that is not the one of {path}, but their names and shapes fit";
            checkpoint = checkpoint with { Remarks = [.. checkpoint.Remarks, remark] };
        }

        return Fill(path, module, weights, checkpoint);
    }

    private static WeightFile Fill(string path, PyTorchModule module, string weights, Checkpoint checkpoint)
    {
        WeightFile file = module.IsOfKnownArchitecture
            ? new CheckpointWeightFile(path, module.ToCheckpoint(weights, checkpoint.Tensors))
            : new OnnxNetworkFile(path, module.Fill(weights, checkpoint.Tensors));
        file.Remarks = WeightFile.RemarksOf(weights, checkpoint);
        file.OneNetwork = null;
        return file;
    }
}
