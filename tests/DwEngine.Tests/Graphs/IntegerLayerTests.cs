using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Planning;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static DwEngine.Tests.Graphs.LayoutGraphs;

namespace DwEngine.Tests.Graphs;

/// <summary>Elementwise layers of whole numbers, as shape arithmetic and as values that a run computes.</summary>
public class IntegerLayerTests
{
    private static readonly string[] s_functions =
        ["Add", "Sub", "Mul", "Div", "Mod", "FMod", "Pow", "Min", "Max", "Equal", "Less", "GreaterOrEqual"];

    private static readonly ElementType[] s_types =
        [ElementType.Int64, ElementType.Int32, ElementType.Int16, ElementType.Int8, ElementType.UInt8];

    [Theory]
    [InlineData("Add", 7, -3, 4)]
    [InlineData("Sub", 7, -3, 10)]
    [InlineData("Mul", 7, -3, -21)]
    [InlineData("Div", -7, 2, -3)]
    [InlineData("Div", 7, 0, 0)]
    [InlineData("Div", long.MinValue, -1, long.MinValue)]
    [InlineData("Mod", -7, 3, 2)]
    [InlineData("Mod", 7, -3, -2)]
    [InlineData("Mod", 7, 0, 0)]
    [InlineData("FMod", -7, 3, -1)]
    [InlineData("FMod", long.MinValue, -1, 0)]
    [InlineData("Pow", -2, 3, -8)]
    [InlineData("Pow", 2, -1, 0)]
    [InlineData("Pow", -1, -3, -1)]
    [InlineData("Min", 7, -3, -3)]
    [InlineData("Max", 7, -3, 7)]
    public void A_function_of_two_whole_numbers_is_what_it_says(string name, long a, long b, long expected)
    {
        Fact result = GraphOf(new Binary(name), Integers(new Shape(1), a), Integers(new Shape(1), b));
        Assert.Equal([expected], MemoryMarshal.Cast<byte, long>(result.Constant!.Bytes).ToArray());
    }

    [Theory]
    [InlineData("Abs", -7, 7)]
    [InlineData("Neg", -7, 7)]
    [InlineData("Sign", -7, -1)]
    [InlineData("Relu", -7, 0)]
    public void A_function_of_one_whole_number_is_what_it_says(string name, long x, long expected)
    {
        Fact result = GraphOf(new Unary(name), Integers(new Shape(1), x));
        Assert.Equal([expected], MemoryMarshal.Cast<byte, long>(result.Constant!.Bytes).ToArray());
    }

    [Fact]
    public void Shape_arithmetic_with_sums_quotients_and_choices_folds_away()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 6, 4, 5));
        ValueHandle shape = x.ShapeOf();
        ValueHandle One(int axis) => shape.Gather(builder.Constant(Integers(new Shape(1), axis)));
        ValueHandle two = builder.Constant(Integers(new Shape(1), 2));
        ValueHandle half = One(1).Divide(two), area = One(2).Multiply(One(3)).Add(two).Subtract(two);
        ValueHandle asked = builder.Concat([One(0), two, half, area], axis: 0);
        ValueHandle isTwo = asked.IsEqual(two), target = isTwo.Where(builder.Constant(Integers(new Shape(1), -1)), asked);
        // The batch and the two are both 2, so one of them is left open only after the other is put back.
        target = builder.Concat([One(0), target.Slice([1], [4])], axis: 0);
        ValueHandle y = builder.Apply(new Reshape(), [x, target])[0];
        Assert.Equal(new Shape(2, 2, 3, 20), y.Shape);
        using var model = new Model(builder.Build(y));
        using Session session = model.CreateSession();
        Assert.Single(session.Steps);
    }

    [Fact]
    public void Whole_numbers_that_a_run_computes_are_what_the_references_say()
    {
        Check.One(
            Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 30 : 200),
            Prop.ForAll(Arb.From(Gen.Choose(int.MinValue, int.MaxValue)), AssertPlanAgrees));
    }

    [Fact]
    public void Operands_of_two_types_are_refused()
    {
        var longs = new Fact(ElementType.Int64, new Shape(2));
        var ints = new Fact(ElementType.Int32, new Shape(2));
        var bools = new Fact(ElementType.Bool, new Shape(2));
        Assert.Contains(
            "integer", Assert.Throws<ShapeException>(() => new Binary("Add").Infer([longs, ints])).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => new Binary("PRelu").Infer([longs, longs]));
        Assert.Throws<ShapeException>(() => new Binary("Add").Infer([bools, bools]));
        Assert.Throws<ShapeException>(() => new Comparison("Less").Infer([bools, bools]));
        Assert.Equal([new Fact(ElementType.Bool, new Shape(2))], new Comparison("Equal").Infer([bools, bools]));
        Assert.Throws<ShapeException>(() => new Unary("Exp").Infer([longs]));
        Assert.Throws<ShapeException>(() => new Where().Infer([bools, longs, ints]));
    }

    private static Fact GraphOf(Layer layer, params Tensor[] constants)
    {
        var builder = new GraphBuilder();
        return builder.Apply(layer, [.. constants.Select(constant => builder.Constant(constant))])[0].Fact;
    }

    private static void AssertPlanAgrees(int seed)
    {
        var random = new Random(seed);
        ElementType type = s_types[random.Next(s_types.Length)];
        int[] dimensions = [.. Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(1, 6))];
        var builder = new GraphBuilder();
        var inputs = new Dictionary<string, Tensor>();
        ValueHandle left = Operand("left"), right = Operand("right");
        string name = random.GetItems(s_functions, 1)[0];
        bool isQuestion = name is "Equal" or "Less" or "GreaterOrEqual";
        ValueHandle result = builder.Apply(isQuestion ? new Comparison(name) : new Binary(name), [left, right])[0];
        result = isQuestion ? result.Where(left, right) : result.Apply(new Unary("Abs"));
        LayerAgreement.AssertAgrees(builder.Build(result), inputs, 1e-5);

        ValueHandle Operand(string name)
        {
            Tensor value = Fill(random, type, new Shape([.. dimensions.Select(d => random.Next(3) == 0 ? 1 : d)]));
            inputs.Add(name, value);
            return builder.Input(name, value.Shape, type);
        }
    }
}
