using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using DwEngine.Files;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Schema;
using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;
using static DwEngine.Onnx.Schema.TensorProto.Types;

namespace DwEngine.Onnx.Tests.Reading;

/// <summary>What is no file is read as a file is: the same bits, the same errors.</summary>
public sealed class SourceTests : IDisposable
{
    private const string Name = "the caller's name";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SharedFact]
    public void Every_form_has_the_bits_of_the_file()
    {
        string path = SharedFolder.Require("models/shufflenet_v2_x0_5.onnx");
        string expected = Answer(OnnxFile.Load(path));
        byte[] bytes = File.ReadAllBytes(path);
        using var mapped = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        foreach (ModelSource source in (ModelSource[])
            [
                ModelSource.FromFile(path), ModelSource.FromBytes(bytes), ModelSource.FromStream(new MemoryStream(bytes)),
                ModelSource.FromMappedFile(mapped, bytes.Length),
            ])
        {
            Assert.True(OnnxFile.IsOnnx(source));
            Assert.Equal(expected, Answer(OnnxFile.Load(source)));
        }
    }

    [Fact]
    public void Damage_gives_the_error_of_the_file_under_the_callers_name()
    {
        byte[] whole = OnnxExport.ToBytes(TestModels.ShuffleNet().Graph);
        foreach (byte[] bytes in (byte[][])[[], [8], whole[..100], whole[..(whole.Length / 2)], whole[..^1], [.. whole, 7]])
        {
            string path = _folder.Write("damaged.onnx", bytes);
            string expected = Refuse(ModelSource.FromFile(path)).Replace(path, Name, StringComparison.Ordinal);
            using var mapped = MemoryMappedFile.CreateFromFile(_folder.Write("mapped.onnx", [.. bytes, 0]), FileMode.Open);
            Assert.Equal(expected, Refuse(ModelSource.FromBytes(bytes, Name)));
            Assert.Equal(expected, Refuse(ModelSource.FromStream(new MemoryStream(bytes), Name)));
            Assert.Equal(expected, Refuse(ModelSource.FromMappedFile(mapped, bytes.Length, Name)));
        }
    }

    [Fact]
    public void Weights_beside_a_network_in_memory_are_found_only_in_the_folder_that_the_caller_names()
    {
        _folder.Write("w.bin", MemoryMarshal.AsBytes<float>([3, 4]).ToArray());
        byte[] bytes = With("w.bin"), outside = With("../w.bin");
        foreach (ModelSource source in (ModelSource[])
            [ModelSource.FromBytes(bytes, Name), ModelSource.FromStream(new MemoryStream(bytes), Name)])
        {
            string refusal = Refuse(source);
            Assert.StartsWith($"{Name}: initialiser 'w': ", refusal, StringComparison.Ordinal);
            Assert.Contains("no folder", refusal, StringComparison.Ordinal);
            Assert.Contains("WeightsFolder", refusal, StringComparison.Ordinal);
            var network = OnnxFile.Load(source, new OnnxOptions { WeightsFolder = _folder.Path });
            Assert.Equal([3, 4], Assert.IsType<Constant>(Assert.Single(network.Graph.Nodes).Layer).Value.Floats.ToArray());
        }

        string inner = Directory.CreateDirectory(Path.Combine(_folder.Path, "inner")).FullName;
        Assert.Contains("within the model's folder", Refuse(ModelSource.FromBytes(outside), inner), StringComparison.Ordinal);
        Assert.Contains("does not exist", Refuse(ModelSource.FromBytes(bytes), inner), StringComparison.Ordinal);

        // The same for a file whose weights lie in another folder than its own.
        string path = Path.Combine(inner, "m.onnx");
        File.WriteAllBytes(path, bytes);
        Assert.Single(OnnxFile.Load(path, new OnnxOptions { WeightsFolder = _folder.Path }).Graph.Nodes);
    }

    private static byte[] With(string location)
    {
        var tensor = new TensorProto
        {
            Name = "w",
            DataType = (int)DataType.Float,
            Dims = { 2 },
            DataLocation = DataLocation.External,
            ExternalData = { new StringStringEntryProto { Key = "location", Value = location } },
        };
        return new OnnxModel().Output("w").Constant(tensor).Bytes;
    }

    private static string Refuse(ModelSource source, string? folder = null) =>
        Assert.ThrowsAny<FileFormatException>(() => OnnxFile.Load(source, new OnnxOptions { WeightsFolder = folder })).Message;

    private static string Answer(OnnxNetwork network)
    {
        using var model = new Model(network.Graph);
        using Session session = model.CreateSession();
        return BitHash.Of(TestModels.Compute(session, TestModels.Input(session)));
    }
}
