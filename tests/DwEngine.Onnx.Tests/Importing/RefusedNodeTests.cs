using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Onnx.Nodes;
using DwEngine.Onnx.Operators;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;
using DwEngine.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static DwEngine.Onnx.Schema.TensorProto.Types;
using static DwEngine.Onnx.Tests.OnnxModel;

namespace DwEngine.Onnx.Tests.Importing;

/// <summary>A node that the engine refuses: the error names the file, the node and the opset, wherever in the import it arises.</summary>
public class RefusedNodeTests
{
    private static readonly long[] s_numbers = [0, 1, 2, 3, -1, -2, 5, 7, 16, int.MaxValue, int.MinValue, long.MaxValue];

    private static readonly string[] s_whole =
    [
        "axis", "group", "blocksize", "p", "keepdims", "to", "start", "end", "size", "num_outputs", "num_groups", "k", "batch_dims",
        "transA", "storage_order", "select_last_index", "reverse", "largest", "exclusive", "count_include_pad", "ceil_mode", "broadcast",
        "allowzero",
    ];

    private static readonly string[] s_vectors =
    [
        "axes", "kernel_shape", "strides", "dilations", "pads", "output_padding", "output_shape", "perm", "paddings", "shape", "starts",
        "ends", "split",
    ];

    private static readonly string[] s_texts =
        ["mode", "auto_pad", "equation", "approximate", "coordinate_transformation_mode", "padding_mode"];

    private static readonly string[] s_words =
        ["", "constant", "reflect", "linear", "cubic", "SAME_UPPER", "VALID", "ij,jk->ik", "ii->i", "...ij", "tanh", "DCR", "asymmetric"];

    private static readonly string[] s_fractions = ["epsilon", "alpha", "beta", "value", "min", "max", "ratio", "cubic_coeff_a", "bias"];

    public static TheoryData<string> Operators => [.. OperatorRegistry.All.Select(entry => entry.Name).Distinct()];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Any_attributes_and_operands_make_a_node_or_an_error_of_it(string name)
    {
        OperatorEntry[] entries = [.. OperatorRegistry.All.Where(entry => entry.Name == name)];
        Check.One(
            Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 30 : 100),
            Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => LoadOrRefuse(entries, new System.Random(seed))));
    }

    [Fact]
    public void What_a_layer_refuses_is_told_once()
    {
        FileFormatException error = Assert.Throws<FileFormatException>(() => new OnnxModel(13)
            .Input("x", 1, 3, 4, 4).Constant("s", new Shape(3), 1, 1, 1)
            .Node("InstanceNormalization", "x s s", "y", Float("epsilon", float.NaN)).Output("y").Load());
        Assert.StartsWith(
            "test.onnx: node 'InstanceNormalization_0' (InstanceNormalization, opset 13): ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Node", error.Message[20..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Abs")]
    [InlineData("Flatten")]
    [InlineData("Softmax")]
    [InlineData("GlobalAveragePool")]
    public void An_input_that_the_operator_does_not_have_is_refused(string name)
    {
        FileFormatException error = Assert.Throws<FileFormatException>(() => new OnnxModel(13)
            .Input("x", 1, 3, 4, 4).Constant("s", new Shape(3), 1, 1, 1).Node(name, "x s", "y").Output("y").Load());
        Assert.Contains($"({name}, opset 13): has an input 1, which the operator does not have", error.Message, StringComparison.Ordinal);
    }

    private static void LoadOrRefuse(OperatorEntry[] entries, System.Random random)
    {
        OperatorEntry entry = Any(random, entries);
        int opset = random.Next(entry.Since, (entry.Until ?? OperatorRegistry.NewestOpset) + 1);
        OnnxModel model = new(opset);
        int inputs = random.Next(6);
        for (int i = 0; i < inputs; i++)
        {
            var shape = new Shape([.. Enumerable.Range(0, random.Next(6)).Select(_ => Any(random, [1, 1, 2, 3, 4, 4, 8, 0]))]);
            bool isFloat = i == 0 || random.Next(3) > 0;
            if (i > 0 && random.Next(2) == 0)
            {
                long count = shape.ElementCount;
                model.Constant(isFloat
                    ? Floats($"i{i}", shape, [.. Enumerable.Range(0, (int)count).Select(_ => random.Next(4) - 0.5f)])
                    : Raw<long>($"i{i}", DataType.Int64, shape, [.. Enumerable.Range(0, (int)count).Select(_ => Any(random, s_numbers))]));
            }
            else
            {
                model.Input(
                    $"i{i}", isFloat ? DataType.Float : Any(random, [DataType.Int64, DataType.Bool, DataType.Uint8, DataType.Int32]),
                    [.. shape.Dimensions.ToArray().Cast<object>()]);
            }
        }

        string names = string.Join(' ', Enumerable.Range(0, inputs).Select(i => $"i{i}"));
        model.Node(entry.Name, names, "y z", [.. Attributes(random)]).Output("y");
        string node = $"node '{entry.Name}_0' ({entry.Name}, opset {opset})";
        try
        {
            Assert.NotNull(model.Load().Graph);
        }
        catch (OnnxUnsupportedException error)
        {
            Assert.StartsWith($"test.onnx: 1 node is not supported: {node}: ", error.Message, StringComparison.Ordinal);
        }
        catch (FileFormatException error)
        {
            Assert.Equal(node, error.Location);
            Assert.DoesNotContain("Node '", error.Problem, StringComparison.Ordinal);
            Assert.DoesNotContain("(Parameter", error.Problem, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<AttributeProto> Attributes(System.Random random)
    {
        // An operator has few attributes, and those that it has not are looked for last of all.
        double share = random.NextDouble();
        return s_whole.Select(name => Int(name, Any(random, s_numbers)))
            .Concat(s_vectors.Select(name => Ints(name, [.. Enumerable.Range(0, random.Next(5)).Select(_ => Any(random, s_numbers))])))
            .Concat(s_texts.Select(name => Text(name, Any(random, s_words))))
            .Concat(s_fractions.Select(name => Float(name, Any(random, [0, 1, -1, float.NaN, float.PositiveInfinity]))))
            .Where(_ => random.NextDouble() < share).ToImmutableArray();
    }

    private static T Any<T>(System.Random random, ReadOnlySpan<T> all) => all[random.Next(all.Length)];
}
