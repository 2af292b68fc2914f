using DwEngine.Graphs;
using DwEngine.Runtime;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Decomposition.Tests;

/// <summary>Networks of any structure: every regular convolution that is chosen is decomposed, wherever it stands.</summary>
public class BranchedNetworkTests
{
    public static TheoryData<string, string> Methods =>
        [.. from method in DecompositionMethods.All from network in new[] { "residual", "mobile" } select (network, method.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Full_rank_keeps_the_outputs(string network, string method)
    {
        Graph graph = Build(network);
        NetworkDecomposition result = NetworkDecomposer.Decompose(
            graph,
            new DecompositionOptions { Method = method, Rank = 9, Layers = _ => true, Images = new RandomImages(12), Force = true },
            cancellation: TestContext.Current.CancellationToken);

        Assert.All(result.Layers, layer => Assert.Equal(LayerDecision.Decomposed, layer.Decision));
        Assert.Equal(network == "residual" ? 7 : 3, result.Layers.Length);
        Tensor input = LinearChain.Values(77, graph.Inputs[0].DefaultShape);
        TensorAssertion.Close(Run(graph, input), Run(result.Graph, input), 1e-4);
    }

    [Theory]
    [InlineData("residual")]
    [InlineData("mobile")]
    public void Methods_that_see_data_beat_those_that_see_weights_alone(string network)
    {
        Graph graph = Build(network);
        var images = new RandomImages(24);
        double weights = Error("svd"), multiLayer = Error("multi-layer"), joint = Error("joint");
        Assert.True(multiLayer < weights && joint < weights, $"svd {weights}, multi-layer {multiLayer}, joint {joint}");

        double Error(string method)
        {
            Graph result = NetworkDecomposer.Decompose(
                graph, new DecompositionOptions { Method = method, Images = images, Force = true },
                cancellation: TestContext.Current.CancellationToken).Graph;
            double error = 0, energy = 0;
            for (int image = 0; image < images.Count; image++)
            {
                float[] pixels = new float[graph.Inputs[0].DefaultShape.ElementCount];
                images.Read(image, pixels);
                Tensor input = Tensor.FromFloats(graph.Inputs[0].DefaultShape, pixels);
                Tensor expected = Run(graph, input), found = Run(result, input);
                for (int i = 0; i < expected.Floats.Length; i++)
                {
                    error += Math.Pow(expected.Floats[i] - found.Floats[i], 2);
                    energy += Math.Pow(expected.Floats[i], 2);
                }
            }

            return error / energy;
        }
    }

    internal static Graph Build(string network) => network == "residual" ? BranchedNetworks.Residual() : BranchedNetworks.Mobile();

    private static Tensor Run(Graph graph, Tensor input)
    {
        using var model = new Model(graph);
        using Session session = model.CreateSession();
        float[] output = new float[session.OutputShape.ElementCount];
        session.Run(input.Floats, output);
        return Tensor.FromFloats(session.OutputShape, output);
    }
}
