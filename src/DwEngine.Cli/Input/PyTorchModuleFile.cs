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

    /// <summary>Fills weights into a module.</summary>
    /// <param name="path">The file of the module, or that it was made of.</param>
    /// <param name="module">The module.</param>
    /// <param name="weights">The file of its weights.</param>
    /// <param name="root">Which of several networks in that file; null for the one that was trained.</param>
    /// <exception cref="FileFormatException">The weights cannot be read.</exception>
    /// <exception cref="WeightMismatchException">The weights do not fit.</exception>
    public static WeightFile Open(string path, PyTorchModule module, string weights, string? root)
    {
        Checkpoint checkpoint = CheckpointFile.Load(weights, root);
        return module.IsOfKnownArchitecture
            ? new CheckpointWeightFile(path, module.ToCheckpoint(weights, checkpoint.Tensors) with { Remarks = checkpoint.Remarks })
            : new OnnxNetworkFile(path, module.Fill(weights, checkpoint.Tensors));
    }
}
