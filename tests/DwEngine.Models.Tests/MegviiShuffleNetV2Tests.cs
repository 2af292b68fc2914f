using DwEngine.Graphs;
using DwEngine.Passes;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Models.Tests;

/// <summary>The ShuffleNet V2 of its authors, held to a network that is written here anew, from their code.</summary>
public class MegviiShuffleNetV2Tests
{
    private const double Epsilon = 1e-5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Logits_are_those_of_the_authors_network(bool isExpanded)
    {
        StateDict tensors = MegviiWeights.Random(isExpanded);
        Network network = Architectures.Build(new(tensors, new ModelMetadata { InputSize = 40 }));
        Tensor input = TestTensors.Random(new Random(3), new Shape(1, 3, 40, 40));
        double[] expected = Naive(tensors, input);
        foreach (Graph graph in (Graph[])[network.Graph, PassPipeline.Inference.Run(network.Graph)])
        {
            float[] found = ReferenceExecutor.Run(graph, input).Floats.ToArray();
            Assert.Equal(expected.Length, found.Length);
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * expected.Max(Math.Abs)));
        }

        Assert.Equal($"shufflenet_v2_megvii{(isExpanded ? "_expanded" : "")}", network.Metadata.Architecture);
    }

    [Fact]
    public void Pictures_are_fed_as_OpenCV_reads_them_unless_metadata_tell_otherwise()
    {
        StateDict tensors = MegviiWeights.Random(isExpanded: false);
        ModelMetadata usual = Architectures.Build(new(tensors, new ModelMetadata { InputSize = 40 })).Metadata;
        Assert.True(MegviiShuffleNetV2.IsBlueFirst(usual));
        Assert.Equal([0, 0, 0], usual.Mean!.Value);
        Assert.Equal([1 / 255f, 1 / 255f, 1 / 255f], usual.StandardDeviation!.Value);
        ModelMetadata told = new()
        {
            InputSize = 40,
            Mean = [0.5f, 0.5f, 0.5f],
            Settings = usual.Settings.SetItem(MegviiShuffleNetV2.ColoursSetting.Name, "rgb"),
        };
        ModelMetadata kept = Architectures.Build(new(tensors, told)).Metadata;
        Assert.False(MegviiShuffleNetV2.IsBlueFirst(kept));
        Assert.Equal([0.5f, 0.5f, 0.5f], kept.Mean!.Value);
    }

    [Fact]
    public void A_graph_becomes_the_same_tensors_again()
    {
        StateDict tensors = MegviiWeights.Random(isExpanded: false);
        Network network = Architectures.Build(new(tensors, new ModelMetadata { InputSize = 40 }));
        Checkpoint checkpoint = Architectures.ToCheckpoint(network.Graph, network.Metadata);
        Assert.Equal(
            tensors.Names.Where(name => !name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            checkpoint.Tensors.Names.Order(StringComparer.Ordinal));
        Assert.All(checkpoint.Tensors, pair => Assert.Equal(tensors[pair.Key].Bytes, pair.Value.Bytes));
    }

    [Fact]
    public void A_backbone_has_its_feature_maps_as_outputs()
    {
        StateDict tensors = MegviiWeights.Random(isExpanded: false);
        Network last = Without(tensors, "classifier.");
        Assert.Equal("shufflenet_v2_megvii_backbone", last.Metadata.Architecture);
        Assert.Equal(["stage2", "stage3", "conv_last"], last.Graph.Outputs.Select(output => output.Name));
        Network maps = Without(tensors, "classifier.", "conv_last.");
        GraphFacts facts = maps.Graph.Infer();
        Assert.Equal(
            [("stage2", new Shape(1, 8, 5, 5)), ("stage3", new Shape(1, 20, 3, 3))],
            maps.Graph.Outputs.Select(output => (output.Name, facts[output.Value].Shape)));
        Assert.Equal(maps.Graph.ParameterCount, Architectures.ToCheckpoint(maps.Graph, maps.Metadata).Tensors
            .Where(pair => !pair.Key.Contains("running_", StringComparison.Ordinal)).Sum(pair => pair.Value.Shape.ElementCount));
    }

    [Fact]
    public void What_is_missing_is_told_in_a_few_lines()
    {
        StateDict tensors = MegviiWeights.Random(isExpanded: false).With(
            (name, tensor) => name.StartsWith("features.1.", StringComparison.Ordinal) ? null : tensor);
        string message = Assert.Throws<WeightMismatchException>(() => Architectures.Build(new(tensors, new()))).Message;
        Assert.Contains("do not fit shufflenet_v2_megvii: ", message, StringComparison.Ordinal);
        Assert.Contains("features.1.branch_main.0.weight is missing", message, StringComparison.Ordinal);
        Assert.InRange(message.Split('\n').Length, 1, 6);
    }

    private static Network Without(StateDict tensors, params string[] prefixes) => Architectures.Build(new(
        tensors.With((name, tensor) => Array.Exists(prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)) ? null : tensor),
        new ModelMetadata { InputSize = 40 }));

    private static double[] Naive(StateDict tensors, Tensor input)
    {
        double[][,] x = [.. Enumerable.Range(0, 3).Select(channel =>
        {
            double[,] plane = new double[40, 40];
            for (int i = 0; i < plane.Length; i++)
            {
                plane[i / 40, i % 40] = input.Floats[(channel * plane.Length) + i];
            }

            return plane;
        })];
        x = MaxPool(Relu(Convolved(tensors, x, "first_conv.0", "first_conv.1", 2)));
        for (int unit = 0; unit < 5; unit++)
        {
            string main = $"features.{unit}.branch_main", projection = $"features.{unit}.branch_proj";
            bool isDownsampling = tensors.TryGet($"{projection}.0.weight", out _);
            double[][,] left = x, right = x;
            if (isDownsampling)
            {
                left = Convolved(tensors, x, $"{projection}.0", $"{projection}.1", 2);
                left = Relu(Convolved(tensors, left, $"{projection}.2", $"{projection}.3", 1));
            }
            else
            {
                left = [.. x.Where((_, channel) => channel % 2 == 0)];
                right = [.. x.Where((_, channel) => channel % 2 == 1)];
            }

            right = Relu(Convolved(tensors, right, $"{main}.0", $"{main}.1", 1));
            right = Convolved(tensors, right, $"{main}.3", $"{main}.4", isDownsampling ? 2 : 1);
            right = Relu(Convolved(tensors, right, $"{main}.5", $"{main}.6", 1));
            x = [.. left, .. right];
        }

        double[] means = [.. Relu(Convolved(tensors, x, "conv_last.0", "conv_last.1", 1)).Select(plane => plane.Cast<double>().Average())];
        Tensor classifier = tensors["classifier.0.weight"];
        return [.. Enumerable.Range(0, classifier.Shape[0]).Select(
            row => means.Select((mean, column) => mean * classifier.Floats[(row * means.Length) + column]).Sum())];
    }

    private static double[][,] Convolved(StateDict tensors, double[][,] x, string name, string norm, int stride)
    {
        Tensor weights = tensors[$"{name}.weight"];
        (int outputs, int inputs, int kernel) = (weights.Shape[0], weights.Shape[1], weights.Shape[2]);
        int height = ((x[0].GetLength(0) - 1) / stride) + 1, width = ((x[0].GetLength(1) - 1) / stride) + 1;
        return [.. Enumerable.Range(0, outputs).Select(output =>
        {
            double scale = tensors[$"{norm}.weight"].Floats[output]
                / Math.Sqrt(tensors[$"{norm}.running_var"].Floats[output] + Epsilon);
            double mean = tensors[$"{norm}.running_mean"].Floats[output], shift = tensors[$"{norm}.bias"].Floats[output];
            double[,] plane = new double[height, width];
            for (int place = 0; place < plane.Length; place++)
            {
                double sum = 0;
                for (int tap = 0; tap < inputs * kernel * kernel; tap++)
                {
                    int row = (place / width * stride) + (tap / kernel % kernel) - (kernel / 2);
                    int column = (place % width * stride) + (tap % kernel) - (kernel / 2);
                    double[,] source = x[inputs == x.Length ? tap / kernel / kernel : output];
                    bool isInside = row >= 0 && column >= 0 && row < source.GetLength(0) && column < source.GetLength(1);
                    sum += isInside ? source[row, column] * weights.Floats[(output * inputs * kernel * kernel) + tap] : 0;
                }

                plane[place / width, place % width] = ((sum - mean) * scale) + shift;
            }

            return plane;
        })];
    }

    private static double[][,] Relu(double[][,] x) => Each(x, 1, (plane, row, column) => Math.Max(0, plane[row, column]));

    private static double[][,] MaxPool(double[][,] x) => Each(x, 2, (plane, row, column) =>
        Enumerable.Range(0, 9).Select(tap => (Row: row + (tap / 3) - 1, Column: column + (tap % 3) - 1))
            .Where(at => at.Row >= 0 && at.Column >= 0 && at.Row < plane.GetLength(0) && at.Column < plane.GetLength(1))
            .Max(at => plane[at.Row, at.Column]));

    private static double[][,] Each(double[][,] x, int stride, Func<double[,], int, int, double> value) => [.. x.Select(plane =>
    {
        double[,] result = new double[((plane.GetLength(0) - 1) / stride) + 1, ((plane.GetLength(1) - 1) / stride) + 1];
        for (int i = 0; i < result.Length; i++)
        {
            (int row, int column) = (i / result.GetLength(1), i % result.GetLength(1));
            result[row, column] = value(plane, row * stride, column * stride);
        }

        return result;
    })];
}
