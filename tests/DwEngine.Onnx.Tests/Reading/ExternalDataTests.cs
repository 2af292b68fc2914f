using System.Runtime.InteropServices;
using DwEngine.Files;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;
using static DwEngine.Onnx.Schema.TensorProto.Types;

namespace DwEngine.Onnx.Tests.Reading;

public class ExternalDataTests
{
    [Fact]
    public void Tensors_in_a_file_beside_the_model_are_read()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "weights"));
        File.WriteAllBytes(Path.Combine(folder.Path, "weights", "w.bin"), MemoryMarshal.AsBytes<float>([9, 1, 2, 9]).ToArray());
        Assert.Equal([1, 2], Load(folder, ("location", "weights/w.bin"), ("offset", "4"), ("length", "8")).Floats.ToArray());
        Assert.Equal([9, 1], Load(folder, ("location", "weights/w.bin")).Floats.ToArray());
    }

    [Fact]
    public void A_file_outside_the_models_folder_is_refused_whatever_leads_there()
    {
        using var folder = new TemporaryFolder();
        string inner = Path.Combine(folder.Path, "inner"), outside = Path.Combine(folder.Path, "outside.bin");
        Directory.CreateDirectory(inner);
        File.WriteAllBytes(outside, new byte[8]);
        File.CreateSymbolicLink(Path.Combine(inner, "link.bin"), outside);
        Directory.CreateSymbolicLink(Path.Combine(inner, "up"), folder.Path);
        foreach (string location in new[] { "../outside.bin", outside, "link.bin", "up/outside.bin", "x/../../outside.bin", "", ".",
            "a\0b" })
        {
            FileFormatException error = Assert.Throws<FileFormatException>(() => LoadIn(inner, ("location", location)));
            Assert.Contains("initialiser 'w'", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_model_whose_folder_is_reached_by_a_link_finds_its_files()
    {
        using var folder = new TemporaryFolder();
        string real = Path.Combine(folder.Path, "real"), link = Path.Combine(folder.Path, "link");
        Directory.CreateDirectory(real);
        File.WriteAllBytes(Path.Combine(real, "w.bin"), MemoryMarshal.AsBytes<float>([1, 2]).ToArray());
        Directory.CreateSymbolicLink(link, real);
        Assert.Equal([1, 2], LoadIn(link, ("location", "w.bin")).Floats.ToArray());
    }

    [Theory]
    [InlineData("offset", "4", "8 bytes from byte 4 are wanted; the file has 8 bytes")]
    [InlineData("offset", "-4", "a number of bytes was expected")]
    [InlineData("offset", "9223372036854775807", "are wanted; the file has 8 bytes")]
    [InlineData("length", "4", "has 4 bytes in another file; its shape needs 8")]
    [InlineData("location", "missing.bin", "does not exist")]
    public void What_does_not_fit_is_one_error(string key, string value, string problem)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "w.bin"), new byte[8]);
        FileFormatException error = Assert.Throws<FileFormatException>(() => Load(folder, ("location", "w.bin"), (key, value)));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_from_a_stream_has_no_files_beside_it()
    {
        OnnxModel model = Model(("location", "w.bin"));
        FileFormatException error = Assert.Throws<FileFormatException>(() => model.Load());
        Assert.Contains("has no folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_that_share_bytes_cannot_take_more_than_a_multiple_of_the_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "w.bin"), new byte[8 << 20]);
        var model = new OnnxModel();
        for (int i = 0; i < 16; i++)
        {
            TensorProto tensor = External($"w{i}", [2 << 20], ("location", "w.bin"));
            model.Constant(tensor).Output(tensor.Name);
        }

        string path = Path.Combine(folder.Path, "m.onnx");
        File.WriteAllBytes(path, model.Bytes);
        FileFormatException error = Assert.Throws<FileFormatException>(() => OnnxFile.Load(path));
        Assert.Contains("bytes of memory", error.Message, StringComparison.Ordinal);
    }

    private static Tensor Load(TemporaryFolder folder, params (string Key, string Value)[] entries) => LoadIn(folder.Path, entries);

    private static Tensor LoadIn(string folder, params (string Key, string Value)[] entries)
    {
        string path = Path.Combine(folder, "m.onnx");
        File.WriteAllBytes(path, Model(entries).Bytes);
        return Assert.IsType<DwEngine.Graphs.Layers.Constant>(Assert.Single(OnnxFile.Load(path).Graph.Nodes).Layer).Value;
    }

    private static OnnxModel Model(params (string Key, string Value)[] entries) =>
        new OnnxModel().Output("w").Constant(External("w", [2], entries));

    private static TensorProto External(string name, long[] dimensions, params (string Key, string Value)[] entries)
    {
        var tensor = new TensorProto
        {
            Name = name,
            DataType = (int)DataType.Float,
            Dims = { dimensions },
            DataLocation = DataLocation.External
        };
        tensor.ExternalData.AddRange(entries.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        return tensor;
    }
}
