using DwEngine.Files;
using DwEngine.Onnx.Reading;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;

namespace DwEngine.Onnx;

/// <summary>Reads files that hold one ONNX tensor, such as the inputs and outputs of ONNX's own tests.</summary>
public static class OnnxTensorFile
{
    /// <summary>
    /// Reads a tensor. Floating-point numbers of other widths become Float32, unsigned integers of 16 bits and more Int64.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileFormatException">
    /// The file is missing or unreadable, or holds no tensor of a type that the engine has.
    /// </exception>
    public static Tensor Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SourceFile file = SourceFile.Open(path);
        using var stream = new SourceStream(file);
        var budget = new MemoryBudget(file);
        TensorProto tensor = ModelReader.ReadTensor(path, stream, budget);
        using var external = new ExternalFiles(path, Path.GetDirectoryName(Path.GetFullPath(path)));
        return new TensorReader(path, budget, external).Read(tensor, "tensor");
    }
}
