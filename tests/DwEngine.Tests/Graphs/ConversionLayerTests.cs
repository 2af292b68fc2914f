using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;
using DwEngine.Tests.Planning;
using Xunit;
using static DwEngine.Testing.TestTensors;

namespace DwEngine.Tests.Graphs;

/// <summary>Layers that convert elements or ask for truth, and those that only know shapes.</summary>
public class ConversionLayerTests
{
    [Fact]
    public void Casts_between_all_types_agree_with_their_reference() => LayerAgreement.ForAll(150, random =>
    {
        ElementType[] types = Enum.GetValues<ElementType>();
        ElementType from = types[random.Next(types.Length)], to = types[random.Next(types.Length)];
        var shape = new Shape(random.Next(1, 4), random.Next(1, 4), random.Next(1, 9), random.Next(1, 40));
        Tensor numbers = Random(random, shape, -300, 300);
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape, from);
        LayerAgreement.AssertAgrees(builder.Build(x.Cast(to)), new Cast(from).Reference([numbers])[0]);
    });

    [Fact]
    public void Casts_round_and_saturate()
    {
        Tensor numbers = Of(new Shape(6), 2.9f, -2.9f, 300, -300, float.NaN, float.PositiveInfinity);
        Assert.Equal([2, unchecked((byte)-2), 127, 128, 0, 127], new Cast(ElementType.Int8).Reference([numbers])[0].Bytes.ToArray());
        Assert.Equal([2, 0, 255, 0, 0, 255], new Cast(ElementType.UInt8).Reference([numbers])[0].Bytes.ToArray());
        Assert.Equal([1, 1, 1, 1, 1, 1], new Cast(ElementType.Bool).Reference([numbers])[0].Bytes.ToArray());
        Tensor integers = LayoutGraphs.Integers(new Shape(3), 300, -1, (1L << 40) + 5);
        Assert.Equal([44, 255, 5], new Cast(ElementType.UInt8).Reference([integers])[0].Bytes.ToArray());
        Assert.Equal([300, -1, 1099511627781f], new Cast(ElementType.Float32).Reference([integers])[0].Floats);
        Tensor halves = new Cast(ElementType.BFloat16).Reference([Of(new Shape(3), 1 + (1f / 256), 1 + (3f / 256), float.MaxValue)])[0];
        Assert.Equal([1, 1 + (4f / 256), float.PositiveInfinity], halves.ToFloat32().Floats);
    }

    [Fact]
    public void Truths_combine_and_broadcast() => LayerAgreement.ForAll(40, random =>
    {
        var shape = new Shape(random.Next(1, 3), random.Next(1, 4), random.Next(1, 9), random.Next(1, 9));
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape), truths = x.IsLess(builder.Constant(Of(new Shape(), 0)));
        ValueHandle others = x.IsGreater(builder.Constant(Random(random, new Shape(shape[1], 1, 1))));
        LayerAgreement.AssertAgrees(builder.Build(truths.And(others).Or(truths.Not()).Xor(others)), Random(random, shape));
        Assert.Throws<ShapeException>(() => x.And(truths));
        Assert.Throws<GraphException>(() => new Logical("Nand"));
    });

    [Fact]
    public void Quantization_rounds_to_even_and_saturates()
    {
        Tensor numbers = Of(new Shape(8), -5, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 900, float.NaN), scale = Of(new Shape(), 1);
        Tensor zero = Tensor.FromBytes(ElementType.UInt8, new Shape(), [3]);
        Assert.Equal([0, 1, 3, 3, 5, 5, 255, 3], new QuantizeLinear().Reference([numbers, scale, zero])[0].Bytes.ToArray());
        Tensor signed = Tensor.FromBytes(ElementType.Int8, new Shape(), [3]);
        Assert.Equal(
            [unchecked((byte)-2), 1, 3, 3, 5, 5, 127, 3], new QuantizeLinear().Reference([numbers, scale, signed])[0].Bytes.ToArray());
        Tensor channels = Tensor.FromBytes(ElementType.Int8, new Shape(2, 2), [1, 2, 3, 255]);
        Tensor zeros = Tensor.FromBytes(ElementType.Int8, new Shape(2), [2, 2]);
        Assert.Equal(
            [-1, 0, 0.5f, -1.5f], new DequantizeLinear(0).Reference([channels, Of(new Shape(2), 1, 0.5f), zeros])[0].Floats);
    }

    [Fact]
    public void Quantization_agrees_with_its_reference() => LayerAgreement.ForAll(100, random =>
    {
        var shape = new Shape([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, 9))]);
        int axis = random.Next(shape.Rank), scales = random.Next(2) == 0 ? 1 : shape[axis];
        ElementType type = random.Next(2) == 0 ? ElementType.UInt8 : ElementType.Int8;
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape);
        ValueHandle scale = builder.Constant(Random(random, new Shape(scales), 0.001f, 0.1f));
        ValueHandle zero = builder.Constant(LayoutGraphs.Fill(random, type, new Shape(scales)));
        ValueHandle whole = builder.Apply(new QuantizeLinear(axis - shape.Rank), [x, scale, zero])[0];
        Graph graph = builder.Build(("whole", whole), ("back", builder.Apply(new DequantizeLinear(axis), [whole, scale, zero])[0]));
        LayerAgreement.AssertAgrees(graph, new Dictionary<string, Tensor> { ["x"] = Random(random, shape, -5, 5) });
        Assert.Throws<ShapeException>(() => builder.Apply(new QuantizeLinear(), [x, x]));
    });

    [Fact]
    public void Shapes_and_what_is_made_of_them_are_constants()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 3, 4, 5));
        Assert.Equal([4, 5], Longs(x.Apply(new ShapeOf(-2))));
        Assert.Equal([3], Longs(x.Apply(new ShapeOf(1, 2))));
        Assert.Equal([2, 3, 4], Longs(x.Apply(new ShapeOf(-9, -1))));
        Assert.Equal([], Longs(x.Apply(new ShapeOf(3, 1))));
        Assert.Equal([120], Longs(x.Apply(new SizeOf())));
        ValueHandle filled = x.ShapeOf().Apply(new ConstantOfShape(Tensor.FromBytes(ElementType.Int8, new Shape(1), [7])));
        Assert.Equal(new Shape(2, 3, 4, 5), filled.Shape);
        Assert.All(filled.Fact.Constant!.Bytes.ToArray(), value => Assert.Equal(7, value));
        Assert.Throws<GraphException>(() => new ConstantOfShape(Of(new Shape(2), 1, 2)));
    }

    private static long[] Longs(ValueHandle value) => MemoryMarshal.Cast<byte, long>(value.Fact.Constant!.Bytes).ToArray();
}
