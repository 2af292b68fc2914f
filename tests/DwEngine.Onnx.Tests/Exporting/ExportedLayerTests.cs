using System.Runtime.CompilerServices;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Onnx.Export;
using DwEngine.Passes;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Onnx.Tests.Exporting;

/// <summary>Layers that ONNX, opset 17, has in another form than the engine, or only in parts.</summary>
public class ExportedLayerTests
{
    private static readonly Random s_random = new(3);

    private static readonly Dictionary<string, Func<ValueHandle, ValueHandle>> s_layers = new()
    {
        ["silu"] = x => x.Silu(),
        ["mish"] = x => x.Mish(),
        ["gelu"] = x => x.Gelu(),
        ["gelu tanh"] = x => x.Gelu(approximate: true),
        ["relu6"] = x => x.Relu6(),
        ["clip below"] = x => x.Clip(-0.5, double.PositiveInfinity),
        ["clip above"] = x => x.Clip(double.NegativeInfinity, 0.25),
        ["shuffle"] = x => x.ChannelShuffle(3),
        ["modulo"] = x => x.Modulo(Number(x, 0.3f)),
        ["modulo of a negative"] = x => x.Modulo(Number(x, -0.3f)),
        ["remainder"] = x => x.Modulo(Number(x, 0.3f), isTruncated: true),
        ["group norm"] = x => x.GroupNorm(3, Random(6), Random(6)),
        ["layer norm alone"] = x => x.Apply(new LayerNorm(-2)),
        ["instance norm alone"] = x => x.Apply(new InstanceNorm()),
        ["softmax of the rest"] = x => x.Apply(new Softmax(1, flattens: true)),
        ["fully connected rows"] = x => x.FullyConnected(Random(3, 8), Random(3)),
        ["fully connected vector"] = x => x.Reshape([-1, 8]).Slice([0], [1]).Squeeze([0]).FullyConnected(Random(3, 8), null),
        ["dilated mean"] = x => x.AveragePool(Window.Square(2, padding: 1, dilation: 2)),
        ["mean with a ceiling"] = x => x.AveragePool(new Window(3, 3, 2, 2, Padding: PaddingMode.Ceiling), countIncludePad: false),
        ["convolution with a ceiling"] = x => x.Convolution(Random(4, 6, 3, 3), null, new Window(3, 3, 2, 2, Padding: PaddingMode.Ceiling)),
        ["same padding"] = x => x.Convolution(Random(4, 6, 3, 3), Random(4), new Window(3, 3, 2, 2, Padding: PaddingMode.SameLower)),
        ["pad"] = x => x.Pad([0, 1, 0, -2], [0, 0, 3, 1], PadMode.Constant, 0.5),
        ["reflect"] = x => x.Pad([0, 0, 1, 2], [0, 0, 2, 1], PadMode.Reflect),
        ["reversed"] = x => x.Slice([-1], [int.MinValue], [3], [-2]),
        ["halves"] = x => x.Split([2, 4])[1],
        ["resized axes"] = Resized,
        ["no reduction"] = x => x.Apply(new Reduce("SumSquare", [], isIdentityWithoutAxes: true)),
        ["all reduced"] = x => x.Reduce("L2"),
        ["cumulative"] = x => x.CumulativeSum(2),
        ["nan"] = x => x.IsNaN().Not().Cast(ElementType.Float32),
        ["block"] = x => x.SpaceToDepth(2).DepthToSpace(2, columnRowDepth: true),
        ["residual and activation"] = x => x.Convolution(Random(6, 6, 1, 1), null, Window.Square(1)).Add(x).HardSwish(),
        ["leaky"] = x => x.Convolution(Random(4, 6, 1, 1), Random(4), Window.Square(1)).LeakyRelu(0.1),
        ["clamped"] = x => x.Convolution(Random(4, 6, 1, 1), Random(4), Window.Square(1)).Clip(-0.25, 0.5),
        ["pooled"] = x => x.Convolution(Random(4, 6, 3, 3), Random(4), Window.Square(3)).Relu().MaxPool(Window.Square(3, 2, 1)),
    };

    public static TheoryData<string> Layers => [.. s_layers.Keys];

    [Theory]
    [MemberData(nameof(Layers))]
    public void All_give_the_same_before_and_after_passes(string name)
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 6, 6, 8));
        Graph graph = x.Builder.Build(("y", s_layers[name](x)));
        Tensor input = TestTensors.Random(new Random(1), new Shape(1, 6, 6, 8));
        byte[] expected = Run(graph, input);
        foreach (Graph form in (Graph[])[graph, PassPipeline.Inference.Run(graph)])
        {
            byte[] onnx = OnnxExport.ToBytes(form);
            Peer.RequireNear(name, ElementType.Float32, Run(OnnxFile.Load(new MemoryStream(onnx)).Graph, input), expected, 1e-6);
            if (Peer.IsThere)
            {
                byte[] found = Peer.Run(onnx, new Dictionary<string, Tensor> { ["x"] = input })["y"];
                Peer.RequireNear(name, ElementType.Float32, found, expected, 1e-5);
            }
        }
    }

    [Fact]
    public void Bytes_become_floats()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 3, 4, 4), ElementType.UInt8);
        Graph graph = x.Builder.Build(("y", x.Apply(ConvertElements.Normalization([0.5f, 0.4f, 0.3f], [0.2f, 0.3f, 0.4f]))));
        Tensor input = Tensor.FromBytes(ElementType.UInt8, new Shape(1, 3, 4, 4), [.. Enumerable.Range(0, 48).Select(i => (byte)(5 * i))]);
        Graph again = OnnxFile.Load(new MemoryStream(OnnxExport.ToBytes(graph))).Graph;
        Peer.RequireNear("y", ElementType.Float32, Run(again, input), Run(graph, input), 1e-6);
    }

    [Fact]
    public void Outputs_may_be_inputs_constants_and_twice_the_same()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 3, 4, 4));
        ValueHandle y = x.Relu("y");
        Graph graph = x.Builder.Build(("x", x), ("copy", x), ("a", y), ("b", y), ("c", x.Builder.Constant(Random(2), "y2")));
        Graph again = OnnxFile.Load(new MemoryStream(OnnxExport.ToBytes(graph))).Graph;
        Assert.Equal(["x", "copy", "a", "b", "c"], again.Outputs.Select(output => output.Name));
        Assert.Equal(again.Outputs[2].Value, again.Outputs[3].Value);
        Assert.Equal(again.Inputs[0].Value, again.Outputs[1].Value);
    }

    [Fact]
    public void Open_sizes_keep_their_names()
    {
        NamedDimension[] names = [new(0, "n", true), new(2, "height", true), new(3, "width", true)];
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 6, 8, 10), ElementType.Float32, [.. names]);
        Graph graph = x.Builder.Build(("y", x.ChannelShuffle(2).MaxPool(Window.Square(2, 2))));
        var options = new OnnxOptions { InputShapes = new Dictionary<string, Shape> { ["x"] = new(1, 6, 8, 10) } };
        Graph inputs = OnnxFile.Load(new MemoryStream(OnnxExport.ToBytes(graph)), options: options).Graph;
        Assert.Equal(names, inputs.Inputs[0].NamedDimensions);
        Tensor other = TestTensors.Random(new Random(1), new Shape(2, 6, 12, 6));
        Assert.Equal(Run(graph, other), Run(inputs, other));
        if (Peer.IsThere)
        {
            Assert.Equal(Run(graph, other), Peer.Run(OnnxExport.ToBytes(graph), new Dictionary<string, Tensor> { ["x"] = other })["y"]);
        }
    }

    [Fact]
    public void Whatever_has_no_form_is_named_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "net.onnx");
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 3, 8, 8));
        ValueHandle first = x.Pad([0, 0, 1, 1], [0, 0, 1, 1], PadMode.Wrap, name: "first");
        Graph graph = x.Builder.Build(first.Pad([0, 0, 1, 1], [0, 0, 1, 1], PadMode.Wrap, name: "second"));
        OnnxExportException error = Assert.Throws<OnnxExportException>(() => OnnxExport.Save(path, graph));
        Assert.Equal(["first", "second"], error.Nodes);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.Throws<OnnxExportException>(() => OnnxExport.ToBytes(x.Builder.Build(("x", x.Relu()))));
        Assert.Throws<OnnxExportException>(
            () => OnnxExport.ToBytes(TestModels.ShuffleNet().Graph, new ModelMetadata { Mean = [float.NaN] }));
        Assert.Throws<FileFormatException>(
            () => OnnxExport.Save(Path.Combine(folder.Path, "none", "net.onnx"), TestModels.ShuffleNet().Graph));
    }

    [Fact]
    public void Every_kind_of_layer_is_known()
    {
        string[] kinds =
        [
            .. Named(() => new Unary("?")), .. Named(() => new Binary("?")),
            .. Named(() => new Comparison("?")), .. Named(() => new Logical("?")),
            .. Named(() => new Reduce("?")).Select(operation => $"Reduce{operation}"),
        ];
        Type[] named = [typeof(Unary), typeof(Binary), typeof(Comparison), typeof(Logical), typeof(Reduce)];
        IEnumerable<string> others = typeof(Layer).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Layer)) && !type.IsAbstract && !named.Contains(type))
            .Select(type => ((Layer)RuntimeHelpers.GetUninitializedObject(type)).Kind);
        Assert.Empty(kinds.Concat(others).Except(LayerExports.Kinds));
    }

    private static IEnumerable<string> Named(Func<Layer> make)
    {
        string message = Assert.Throws<GraphException>(make).Message;
        return message[(message.IndexOf("there are ", StringComparison.Ordinal) + "there are ".Length)..].TrimEnd('.').Split(", ");
    }

    private static ValueHandle Number(ValueHandle x, float value) => x.Builder.Constant(TestTensors.Of(new Shape(), value));

    private static ValueHandle Resized(ValueHandle x) => x.Builder.Apply(
        new Resize(new ResizeOptions { Mode = ResizeMode.Linear, Axes = [2, -1] }),
        [x, x.Builder.Constant(TestTensors.Of(new Shape(2), 2, 1.5f))])[0];

    private static Tensor Random(params int[] dimensions) => TestTensors.Random(s_random, new Shape(dimensions));

    private static byte[] Run(Graph graph, Tensor input)
    {
        using var model = new Model(graph);
        using Session session = model.CreateSession(
            SessionOptions.Default with { InputShapes = new Dictionary<string, Shape> { ["x"] = input.Shape } });
        input.Bytes.CopyTo(session.InputBytes("x"));
        session.Run();
        return session.OutputBytes(session.Outputs[0].Name).ToArray();
    }
}
