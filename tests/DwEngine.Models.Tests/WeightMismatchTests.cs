using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Models.Tests;

/// <summary>What is said of weights that do not fit: a few short lines with the likely reason, and all of it for those who ask.</summary>
public class WeightMismatchTests
{
    private static readonly StateDict s_weights = ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.ImageNet));

    [Fact]
    public void Hundreds_of_problems_are_a_few_short_lines()
    {
        StateDict tensors = s_weights.With((name, tensor) => name.StartsWith("stage2.0.", StringComparison.Ordinal) ? tensor : null);
        for (int i = 0; i < 400; i++)
        {
            tensors.Add($"{new string('x', 5000)}.{i}\n", TestTensors.Counting(new Shape(1)));
        }

        WeightMismatchException error = Refuse(tensors);
        string[] lines = error.Message.Split('\n');
        Assert.InRange(lines.Length, 3, 5);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 1000));
        int missing = error.Problems.Count(problem => problem.Contains("is missing"));
        int surplus = error.Problems.Count(problem => problem.Contains("is surplus"));
        Assert.Equal(400, surplus);
        Assert.Equal(error.Problems.Length, missing + surplus);
        Assert.StartsWith($"{missing + surplus} tensors do not fit shufflenet_v2: {missing} missing, 400 surplus.", lines[0]);
        Assert.Contains($"; and {missing - 5} more.", lines[^2]);
        Assert.Contains("; and 395 more.", lines[^1]);
        Assert.Equal(5, lines[^2].Split(';').Length - 1);
    }

    [Fact]
    public void One_is_singular()
    {
        StateDict tensors = s_weights.With((name, tensor) => name == "conv5.0.weight" ? null : tensor);
        Assert.StartsWith("1 tensor does not fit shufflenet_v2: 1 missing.\n", Refuse(tensors).Message);
        Assert.Contains("found 1 tensor with names such as 'a'.", RefuseNames("a"));
    }

    [Theory]
    [InlineData("layer1.0.conv1.weight", "ResNet")]
    [InlineData("module.backbone.layer1.0.conv1.weight", "ResNet")]
    [InlineData("features.1.conv.0.0.weight", "MobileNet V2")]
    [InlineData("features.1.0.block.0.0.weight", "EfficientNet")]
    [InlineData("model.0.conv.weight", "YOLO")]
    [InlineData("features.0.weight classifier.6.weight", "VGG or AlexNet")]
    [InlineData("features.denseblock1.denselayer1.norm1.weight", "DenseNet")]
    [InlineData("blocks.0.attn.qkv.weight", "Vision Transformer")]
    public void Other_architectures_are_named(string names, string architecture) =>
        Assert.Contains($"They look like those of {architecture}", RefuseNames(names.Split(' ')));

    [Fact]
    public void The_likely_reason_is_told()
    {
        AssertReason("puts 'wrapped.' before its names", name => name is "conv5.0.weight" or "fc.weight" ? $"wrapped.{name}" : name);
        AssertReason("another classifier at the end, 'classifier.1.weight',", name => name.Replace("fc.", "classifier.1."));
        AssertReason("another classifier at the end", name => name == "fc.weight" ? null : name);
        AssertReason("pruning that was not made permanent", name => name == "fc.weight" ? "fc.weight_orig" : name);
        AssertReason("parametrised", name => name == "fc.weight" ? "fc.parametrizations.weight.original0" : name);
        AssertReason("quantised", name => name == "fc.weight" ? "fc._packed_params._packed_params" : name);
        AssertReason("only parameters were saved", name => name.Contains("running_") ? null : name);
        AssertReason("folded into convolutions", name => name switch
        {
            "conv1.1.bias" => "conv1.0.bias",
            "conv1.1.running_mean" => null,
            _ => name,
        });
        AssertReason("a part of the network only", name => name.StartsWith("stage2.", StringComparison.Ordinal) ? name : null);
        AssertReason("a classifier of another size", With("fc.bias", TestTensors.Counting(new Shape(7))));
        AssertReason("training that diverged", With("fc.bias", TestTensors.Of(new Shape(5), [1, float.NaN, 1, 1, 1])));
        AssertReason("other widths or groups", With("conv5.0.weight", TestTensors.Counting(new Shape(20, 3, 1, 1))));

        static StateDict With(string name, Tensor changed) => s_weights.With((other, tensor) => other == name ? changed : tensor);
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_a_typed_error()
    {
        Assert.Contains("'no.such'", Assert.Throws<WeightMismatchException>(() => s_weights["no.such"]).Message);
    }

    private static void AssertReason(string reason, Func<string, string?> rename)
    {
        var renamed = new StateDict();
        foreach ((string name, Tensor tensor) in s_weights)
        {
            if (rename(name) is { } other)
            {
                renamed.Add(other, tensor);
            }
        }

        AssertReason(reason, renamed);
    }

    private static void AssertReason(string reason, StateDict tensors)
    {
        string[] lines = Refuse(tensors).Message.Split('\n');
        Assert.Contains(reason, Assert.Single(lines, line => line.StartsWith("Likely reason: ", StringComparison.Ordinal)));
    }

    private static WeightMismatchException Refuse(StateDict tensors) =>
        Assert.Throws<WeightMismatchException>(() => new ShuffleNetV2().Build(tensors, new ModelMetadata { InputSize = 32 }));

    private static string RefuseNames(params ReadOnlySpan<string> names)
    {
        var tensors = new StateDict();
        foreach (string name in names)
        {
            tensors.Add(name, TestTensors.Counting(new Shape(1)));
        }

        return Assert.Throws<WeightMismatchException>(() => Architectures.Build(new(tensors, new()))).Message;
    }
}
