using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Planning;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static DwEngine.Testing.TestTensors;

namespace DwEngine.Tests.Graphs;

/// <summary>Layers that compute rows along an axis, normalisations, and what is made up of layers.</summary>
public class AxisLayerTests
{
    private static readonly Tensor s_x = Of(new Shape(2, 3), 1, 3, 2, 5, 5, 4);

    [Fact]
    public void Orders_of_rows_are_what_they_say()
    {
        Assert.Equal([1, 0], Longs(ArgExtreme.Largest(1).Reference([s_x])[0]));
        Assert.Equal([1, 1], Longs(ArgExtreme.Largest(1, takesLast: true).Reference([s_x])[0]));
        Assert.Equal([0, 2], Longs(ArgExtreme.Smallest(-1, keepsAxis: false).Reference([s_x])[0]));
        Assert.Equal(new Shape(3), ArgExtreme.Largest(0, keepsAxis: false).Infer([s_x.Shape])[0].Shape);
        Assert.Equal([0, 1, 1, 1, 0, 0], new Hardmax(0).Reference([Of(new Shape(2, 3), 1, 3, 2, 5, 2, 2)])[0].Floats);
        var top = new TopK(2, -1).Reference([s_x]);
        Assert.Equal([3, 2, 5, 5], top[0].Floats);
        Assert.Equal([1, 2, 0, 1], Longs(top[1]));
        Assert.Equal([1, 3, 2], new TopK(0, isSmallest: true).Reference([s_x, LayoutGraphs.Integers(new Shape(1), 1)])[0].Floats);
    }

    [Fact]
    public void Sums_of_rows_include_themselves_or_not_from_either_end()
    {
        Tensor x = Of(new Shape(3), 1, 10, 100);
        Assert.Equal([1, 11, 111], new CumulativeSum(0).Reference([x])[0].Floats);
        Assert.Equal([0, 1, 11], new CumulativeSum(0, isExclusive: true).Reference([x])[0].Floats);
        Assert.Equal([111, 110, 100], new CumulativeSum(0, isReverse: true).Reference([x])[0].Floats);
        Assert.Equal([110, 100, 0], new CumulativeSum(null, true, true).Reference([x, LayoutGraphs.Integers(new Shape(), 0)])[0].Floats);
    }

    [Fact]
    public void Softmax_flattens_what_lies_behind_its_axis_if_it_is_asked_to()
    {
        Tensor x = Of(new Shape(2, 2, 2), 0, 0, 0, 0, 0, 0, 0, MathF.Log(5));
        Assert.Equal(
            [0.25f, 0.25f, 0.25f, 0.25f, 0.125f, 0.125f, 0.125f, 0.625f], Rounded(new Softmax(1, flattens: true).Reference([x])[0]));
        Assert.Equal([0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.16667f, 0.5f, 0.83333f], Rounded(new Softmax(1).Reference([x])[0]));
        Assert.Equal(MathF.Log(0.625f), new LogSoftmax(1, flattens: true).Reference([x])[0].Floats[7], 1e-6f);
    }

    [Fact]
    public void Normalisations_have_mean_0_and_variance_1()
    {
        Tensor x = Of(new Shape(1, 2, 2), 1, 3, 10, 30);
        Assert.Equal([-1, 1, -1, 1], Rounded(new InstanceNorm(0).Reference([x])[0]));
        Assert.Equal([-1, 1, 7, 13], Rounded(new InstanceNorm(0).Reference([x, Of(new Shape(2), 1, 3), Of(new Shape(2), 0, 10)])[0]));
        Assert.Equal([-2, 3, -2, 3], Rounded(new LayerNorm(-1, 0).Reference([x, Of(new Shape(2), 2, 3)])[0]));
        Tensor group = new GroupNorm(1, 0).Reference([x, Of(new Shape(2), 1, 2)])[0];
        Assert.Equal(new[] { -0.87204, -0.69763, -0.17441, 3.31376 }, group.Floats.ToArray().Select(value => Math.Round(value, 5)));
        Tensor local = new LocalResponseNorm(2, 2, 0.5).Reference([Of(new Shape(1, 2), 1, 2)])[0];
        Assert.Equal([0.40825f, 0.89443f], Rounded(local));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var image = new Shape(1, 4, 3, 3);
        Assert.Throws<ShapeException>(() => new InstanceNorm().Infer([image, new Shape(3)]));
        Assert.Throws<ShapeException>(() => new GroupNorm(3).Infer([image]));
        Assert.Throws<ShapeException>(() => new LayerNorm(2).Infer([image, new Shape(3)]));
        Assert.Throws<GraphException>(() => new GroupNorm(0));
        Assert.Throws<GraphException>(() => new LayerNorm(epsilon: double.NaN));
        Assert.Throws<GraphException>(() => new LocalResponseNorm(0));
        Assert.Throws<ShapeException>(() => new TopK(4, 3).Infer([image]));
        Assert.Throws<ShapeException>(() => new CumulativeSum(4).Infer([image]));
        Assert.Throws<ShapeException>(() => ArgExtreme.Largest(0).Infer([new Fact(ElementType.Bool, image)]));
        Assert.Throws<ShapeException>(() => new Hardmax(4).Infer([image]));
    }

    [Fact]
    public void Rows_along_any_axis_are_what_the_references_say() => Check.One(
        Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 30 : 400),
        Prop.ForAll(Arb.From(Gen.Choose(int.MinValue, int.MaxValue)), AssertPlanAgrees));

    [Theory]
    [InlineData("ij,jk->ik", "2x3", "3x4", "2x4")]
    [InlineData("ij,jk", "2x3", "3x4", "2x4")]
    [InlineData("bij,bjk->bik", "5x2x3", "5x3x4", "5x2x4")]
    [InlineData("bhqd, bhkd -> bhqk", "2x3x4x5", "2x3x6x5", "2x3x4x6")]
    [InlineData("...ij,...jk->...ik", "2x1x3x4", "5x4x2", "2x5x3x2")]
    [InlineData("ijk,jkl->il", "2x3x4", "3x4x5", "2x5")]
    [InlineData("i,j->ij", "3", "4", "3x4")]
    [InlineData("i,i->", "3", "3", "")]
    [InlineData("i,i->i", "3", "3", "3")]
    [InlineData("ij->ji", "2x3", "", "3x2")]
    [InlineData("ij->", "2x3", "", "")]
    [InlineData("b...->...", "2x3x4", "", "3x4")]
    [InlineData("ab,cb->ca", "2x3", "4x3", "4x2")]
    [InlineData("nchw,oc->nohw", "2x3x4x5", "6x3", "2x6x4x5")]
    [InlineData("ijx,jk->k", "2x3x2", "3x4", "4")]
    public void An_equation_is_a_sum_of_products(string equation, string left, string right, string result)
    {
        var random = new Random(1);
        var builder = new GraphBuilder();
        bool isUnary = !equation.Contains(',', StringComparison.Ordinal);
        Tensor a = Random(random, Parse(left)), b = Random(random, isUnary ? new Shape(1) : Parse(right));
        ValueHandle x = builder.Input("a", a.Shape), y = builder.Input("b", b.Shape);
        ValueHandle z = isUnary ? builder.Einsum(equation, [x], "z") : builder.Einsum(equation, [x, y], "z");
        Assert.Equal(("z", Parse(result)), (z.Value.Name, z.Shape));
        Graph graph = builder.Build(z);
        var inputs = new Dictionary<string, Tensor> { ["a"] = a, ["b"] = b };
        LayerAgreement.AssertAgrees(graph, inputs, 1e-5);
        IEnumerable<double> found = ReferenceExecutor.Run(graph, inputs)["z"].Floats.ToArray().Select(value => (double)value);
        foreach ((double expected, double actual) in Sum(equation, a, isUnary ? Of(new Shape(), 1) : b, z.Shape).Zip(found))
        {
            Assert.Equal(expected, actual, 1e-5);
        }
    }

    [Fact]
    public void Three_operands_are_multiplied_in_turn()
    {
        var builder = new GraphBuilder();
        Tensor a = Random(new Random(1), new Shape(2, 3));
        Tensor b = Random(new Random(2), new Shape(3, 4));
        Tensor c = Random(new Random(3), new Shape(4, 5));
        ValueHandle z = builder.Einsum("ij,jk,kl->li", [builder.Constant(a), builder.Constant(b), builder.Constant(c)]);
        Tensor expected = new MatrixProduct().Reference([new MatrixProduct().Reference([a, b])[0], c])[0];
        Assert.InRange(Difference(new Transpose([1, 0]).Reference([expected])[0], z.Fact.Constant!), 0, 1e-6);
    }

    [Theory]
    [InlineData("ii->i")]
    [InlineData("ij->ijk")]
    [InlineData("ijk->i")]
    [InlineData("i->i")]
    [InlineData("ij,jk->ik")]
    [InlineData("i1->i")]
    [InlineData("ij->i->j")]
    public void Equations_that_are_no_products_are_refused(string equation)
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(2, 2));
        Assert.Contains(equation, Assert.Throws<GraphException>(() => builder.Einsum(equation, [x])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_values_are_added_and_their_mean_is_taken()
    {
        var builder = new GraphBuilder();
        Tensor a = Of(new Shape(2), 1, 2), b = Of(new Shape(2, 1), 10, 20), c = Of(new Shape(), 100);
        ValueHandle[] values = [builder.Constant(a), builder.Constant(b), builder.Constant(c)];
        Assert.Equal([111, 112, 121, 122], builder.Sum(values).Fact.Constant!.Floats);
        Assert.Equal([37, 37.333332f, 40.333332f, 40.666668f], builder.Mean(values, "mean").Fact.Constant!.Floats);
        Assert.Equal([1, 2], builder.Sum(values.AsSpan(0, 1)).Fact.Constant!.Floats);
        Assert.Throws<GraphException>(() => builder.Sum([]));
        Assert.Equal([0.6f, 0.8f], builder.Constant(Of(new Shape(2), 3, 4)).LpNorm().Fact.Constant!.Floats);
        Assert.Equal(
            [1, 0, 0], builder.Constant(Of(new Shape(3), float.NaN, 1, float.PositiveInfinity)).IsNaN().Fact.Constant!.Bytes.ToArray());
        ValueHandle infinite = builder.Constant(Of(new Shape(3), float.NegativeInfinity, 1, float.PositiveInfinity));
        Assert.Equal([1, 0, 1], infinite.IsInfinite().Fact.Constant!.Bytes.ToArray());
        Assert.Equal([1, 0, 0], infinite.IsInfinite(positive: false).Fact.Constant!.Bytes.ToArray());
    }

    private static void AssertPlanAgrees(int seed)
    {
        var random = new Random(seed);
        var shape = new Shape([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(3) == 0 ? 1 : random.Next(1, 8))]);
        bool isFloat = random.Next(4) > 0;
        ElementType type = isFloat ? ElementType.Float32 : random.Next(2) == 0 ? ElementType.Int64 : ElementType.UInt8;
        int axis = random.Next(-shape.Rank, shape.Rank), length = shape[(axis + shape.Rank) % shape.Rank];
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape, type);
        // Planes that lie in another order than their elements do in memory.
        ValueHandle moved = shape.Rank > 1 && random.Next(2) == 0 ? x.Transpose([1, 0, .. Enumerable.Range(2, shape.Rank - 2)]) : x;
        length = moved.Shape[(axis + shape.Rank) % shape.Rank];
        bool flag = random.Next(2) == 0, other = random.Next(2) == 0;
        Layer[] ofAll =
        [
            ArgExtreme.Largest(axis, flag, other), ArgExtreme.Smallest(axis, flag, other), new CumulativeSum(axis, flag, other),
            new TopK(random.Next(1, length + 1), axis, flag),
        ];
        Layer[] ofFloats = [new Softmax(axis, flag), new LogSoftmax(axis, flag), new Hardmax(axis, flag), new LayerNorm(axis, 0.1)];
        Layer[] ofImages = shape.Rank > 2
            ? [new InstanceNorm(0.1), new GroupNorm(moved.Shape[1], 0.1), new GroupNorm(1, 0.1),
                new LocalResponseNorm(random.Next(1, 5), 0.5)]
            : [];
        Layer layer = random.GetItems(isFloat ? [.. ofAll, .. ofFloats, .. ofImages] : ofAll, 1)[0];
        List<ValueHandle> inputs = [moved];
        if (layer is NormalizationLayer && random.Next(2) == 0)
        {
            Shape scales = layer is LayerNorm
                ? new Shape(moved.Shape.Dimensions[((axis + shape.Rank) % shape.Rank)..])
                : new Shape(moved.Shape[1]);
            inputs.AddRange(Enumerable.Range(0, random.Next(1, 3)).Select(_ => builder.Constant(Random(random, scales))));
        }

        ValueHandle[] outputs = builder.Apply(layer, [.. inputs]);
        LayerAgreement.AssertAgrees(
            builder.Build([.. outputs, outputs[0].Reshape([-1])]),
            new Dictionary<string, Tensor> { ["x"] = LayoutGraphs.Fill(random, type, shape) }, 1e-5);
    }

    // The equation over all values of its labels.
    private static double[] Sum(string equation, Tensor a, Tensor b, Shape result)
    {
        string[] sides = equation.Replace(" ", "", StringComparison.Ordinal).Split("->");
        string[] terms = [.. sides[0].Split(','), .. sides[0].Contains(',', StringComparison.Ordinal) ? [] : new[] { "" }];
        string[] known =
            [Named(terms[0], a.Shape.Rank), Named(terms[1], b.Shape.Rank), sides.Length > 1 ? Named(sides[1], result.Rank) : "ik"];
        Shape[] shapes = [a.Shape, b.Shape, result];
        char[] labels = [.. string.Concat(known).Distinct()];
        int[] lengths =
            [.. labels.Select(label => Enumerable.Range(0, 3).Max(i => known[i].Contains(label) ? shapes[i][known[i].IndexOf(label)] : 1))];
        double[] sums = new double[result.ElementCount];
        int count = lengths.Aggregate(1, (x, y) => x * y);
        for (int n = 0; n < count; n++)
        {
            int rest = n;
            var index = new Dictionary<char, int>();
            for (int i = 0; i < labels.Length; i++)
            {
                index[labels[i]] = rest % lengths[i];
                rest /= lengths[i];
            }

            sums[Place(2)] += (double)a.Floats[Place(0)] * b.Floats[Place(1)];

            int Place(int i)
            {
                int place = 0;
                for (int axis = 0; axis < known[i].Length; axis++)
                {
                    place = (place * shapes[i][axis]) + (shapes[i][axis] == 1 ? 0 : index[known[i][axis]]);
                }

                return place;
            }
        }

        return sums;

        // Digits for an ellipsis, counted from its last axis.
        static string Named(string term, int rank)
        {
            int axes = Math.Max(0, rank - term.Replace("...", "", StringComparison.Ordinal).Length);
            return term.Replace("...", string.Concat(Enumerable.Range(0, axes).Reverse()), StringComparison.Ordinal);
        }
    }

    private static float[] Rounded(Tensor tensor) => [.. tensor.Floats.ToArray().Select(x => MathF.Round(x, 5))];

    private static long[] Longs(Tensor tensor) => MemoryMarshal.Cast<byte, long>(tensor.Bytes).ToArray();

    private static Shape Parse(string dimensions) =>
        new([.. dimensions.Split('x', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]);
}
