using System.Diagnostics;
using DwEngine.Files;
using DwEngine.Onnx.Schema;
using DwEngine.Runtime;
using DwEngine.Tensors;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Xunit;

namespace DwEngine.Onnx.Tests.Reading;

/// <summary>Whatever stands in a file, reading it ends, holds little, and is one typed error if it is none of a network.</summary>
public class DamagedFileTests
{
    [Fact]
    public void Every_beginning_of_a_file_is_a_network_or_one_error()
    {
        byte[] bytes = Small().Bytes;
        for (int length = 0; length < bytes.Length; length++)
        {
            LoadOrRefuse(bytes[..length]);
        }
    }

    [Fact]
    public void Every_file_with_one_bit_flipped_is_a_network_or_one_error()
    {
        byte[] bytes = Small().Bytes;
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            LoadOrRefuse(flipped);
        }
    }

    [Fact]
    public void Files_with_several_bytes_changed_are_networks_or_one_error()
    {
        byte[] bytes = Small().Bytes;
        Gen<(int, byte)[]> changes =
            (from at in Gen.Choose(0, bytes.Length - 1) from value in Gen.Choose(0, 255) select (at, (byte)value)).ArrayOf(8);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(changes.ToArbitrary(), changed =>
        {
            byte[] damaged = [.. bytes];
            foreach ((int at, byte value) in changed)
            {
                damaged[at] = value;
            }

            LoadOrRefuse(damaged);
        }));
    }

    [Fact]
    public void Messages_that_are_nothing_but_many_are_refused_before_they_are_made()
    {
        // An empty node is two bytes.
        byte[] graph = [.. Enumerable.Repeat(new byte[] { 0x0A, 0x00 }, 8 << 20).SelectMany(pair => pair)];
        var output = new MemoryStream();
        var writer = new CodedOutputStream(output);
        writer.WriteRawTag(0x08, 0x08, 0x3A);
        writer.WriteBytes(ByteString.CopyFrom(graph));
        writer.Flush();
        FileFormatException error = Assert.Throws<FileFormatException>(() => OnnxFile.Load(new MemoryStream(output.ToArray())));
        Assert.Contains("bytes of memory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_in_a_circle_are_one_error_that_names_one()
    {
        OnnxModel model = new OnnxModel().Input("x", 1).Node("Add", "x b", "a").Node("Relu", "a", "b").Output("b");
        Assert.Contains("the nodes form a cycle", Refused(model).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_as_long_as_a_file_may_be_is_sorted_without_recursion()
    {
        var model = new OnnxModel().Input("x", 1).Output("v0");
        for (int i = 0; i < 20_000; i++)
        {
            model.Node("Identity", i == 19_999 ? "x" : $"v{i + 1}", $"v{i}");
        }

        var clock = Stopwatch.StartNew();
        Assert.Empty(model.Load().Graph.Nodes);
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("missing", "reads the value 'w', which no node produces")]
    [InlineData("twice", "produces the value 'x', as does an input or initialiser")]
    [InlineData("output", "output 'z'")]
    [InlineData("no outputs", "has no outputs")]
    [InlineData("no graph", "has no graph")]
    [InlineData("opset 0", "is 0; 1 to")]
    [InlineData("opset 99", "is 99; 1 to")]
    [InlineData("no opset", "names no version")]
    [InlineData("type", "expected")]
    [InlineData("attribute type", "is of the type Float; Ints was expected")]
    [InlineData("attribute twice", "'kernel_shape' stands there twice")]
    [InlineData("huge input", "input 'x'")]
    [InlineData("no shape", "has no shape")]
    public void A_network_that_contradicts_itself_is_one_error_that_names_the_place(string kind, string problem)
    {
        OnnxModel model = new OnnxModel().Input("x", 1, 2, 4, 4).Output("y");
        model.Node("MaxPool", "x", "y", OnnxModel.Ints("kernel_shape", 2, 2));
        switch (kind)
        {
            case "missing":
                model.Node("Add", "y w", "z").Output("z");
                break;
            case "twice":
                model.Node("Relu", "y", "x");
                break;
            case "output":
                model.Output("z");
                break;
            case "no outputs":
                model.Graph.Output.Clear();
                break;
            case "no graph":
                model.Proto.Graph = null;
                break;
            case "opset 0":
                model.Proto.OpsetImport[0].Version = 0;
                break;
            case "opset 99":
                model.Proto.OpsetImport[0].Version = 99;
                break;
            case "no opset":
                model.Proto.OpsetImport.Clear();
                break;
            case "type":
                model.Graph.Input[0].Type.TensorType.ElemType = (int)TensorProto.Types.DataType.Bool;
                break;
            case "attribute type":
                model.Graph.Node[0].Attribute[0].Type = AttributeProto.Types.AttributeType.Float;
                break;
            case "attribute twice":
                model.Graph.Node[0].Attribute.Add(OnnxModel.Ints("kernel_shape", 2, 2));
                break;
            case "huge input":
                model.Graph.Input[0].Type.TensorType.Shape.Dim[2].DimValue = long.MaxValue;
                break;
            default:
                model.Graph.Input[0].Type.TensorType.Shape = null;
                break;
        }

        FileFormatException error = Refused(model);
        Assert.Equal("test.onnx", error.File);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ConstantOfShape", "makes a constant of")]
    [InlineData("Range", "numbers from start to limit")]
    public void Constants_that_a_few_bytes_make_huge_are_refused_before_they_are_made(string type, string problem)
    {
        OnnxModel model = new OnnxModel().Constant("n", 1 << 30).Constant("zero", 0).Constant("one", 1).Output("y");
        model = type == "Range" ? model.Node("Range", "zero n one", "y") : model.Node("ConstantOfShape", "n", "y");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(problem, Refused(model).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 22);
    }

    [Theory]
    [InlineData("ConstantOfShape")]
    [InlineData("Range")]
    public void Many_constants_that_follow_from_a_shape_are_bounded_by_the_file(string type)
    {
        OnnxModel model = new OnnxModel().Input("x", 1 << 21, 1).Constant("i", 0).Constant("zero", 0).Constant("one", 1)
            .Node("Shape", "x", "s").Node("Gather", "s i", "n");
        for (int i = 0; i < 40; i++)
        {
            string name = $"y{i}";
            model = (type == "Range" ? model.Node("Range", "zero n one", name) : model.Node("ConstantOfShape", "n", name)).Output(name);
        }

        Assert.Contains("memory", Refused(model).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void What_is_no_model_at_all_is_one_error()
    {
        foreach (byte[] bytes in new byte[][] { [], [0x50, 0x4B, 3, 4], [0xFF, 0xFF], "not a model"u8.ToArray(), [0x08] })
        {
            Assert.Throws<FileFormatException>(() => OnnxFile.Load(new MemoryStream(bytes)));
        }
    }

    private static FileFormatException Refused(OnnxModel model) => Assert.Throws<FileFormatException>(() => model.Load());

    private static void LoadOrRefuse(byte[] bytes)
    {
        try
        {
            Graphs.Graph graph = OnnxFile.Load(new MemoryStream(bytes), "test.onnx").Graph;
            if (graph.Inputs.All(input => input.DefaultShape.ElementCount < 1 << 12))
            {
                using var model = new Model(graph);
                using Session session = model.CreateSession();
                session.Run();
            }
        }
        catch (DwEngineException error)
        {
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    private static OnnxModel Small() => new OnnxModel()
        .Input("x", 1, 2, 4, 4)
        .Constant("w", new Shape(2, 2, 1, 1), 1, 2, 3, 4)
        .Constant("b", new Shape(2), 1, 2)
        .Constant("shape", 0, -1)
        .Node("Conv", "x w b", "c", OnnxModel.Ints("kernel_shape", 1, 1), OnnxModel.Text("auto_pad", "VALID"))
        .Node("Clip", "c", "d")
        .Node("Reshape", "d shape", "y")
        .Output("y");
}
