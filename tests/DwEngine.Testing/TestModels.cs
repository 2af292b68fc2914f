using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Testing;

/// <summary>Models that are small enough for thousands of runs, and inputs for them.</summary>
internal static class TestModels
{
    /// <summary>
    /// A ShuffleNet V2 of a few channels, with every kind of layer that the larger ones have, among them a regular 3x3 convolution.
    /// </summary>
    public static NetworkModel ShuffleNet(StemKind stem = StemKind.ImageNet)
    {
        ShuffleNetV2Dimensions architecture = ShuffleNetV2Weights.Tiny(stem, "stage3.1.branch2.3");
        Network network = Architectures.Build(
            new Checkpoint(ShuffleNetV2Weights.Random(architecture),
                new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(stem), InputSize = stem == StemKind.ImageNet ? 48 : 16 }));
        return new NetworkModel(network.Graph, network.Metadata);
    }

    /// <summary>A model of one layer.</summary>
    public static Model Relu(Shape shape)
    {
        ValueHandle x = new GraphBuilder().Input("x", shape);
        return new Model(x.Builder.Build(x.Relu()));
    }

    /// <summary>Twice the 48 "numbers", which are Float32, are "doubled"; the 48 "pixels", which are UInt8, are the "same".</summary>
    public static Model FloatsAndBytes()
    {
        var builder = new GraphBuilder();
        ValueHandle numbers = builder.Input("numbers", new Shape(1, 3, 4, 4));
        ValueHandle pixels = builder.Input("pixels", new Shape(1, 3, 4, 4), ElementType.UInt8);
        return new Model(builder.Build(("doubled", numbers.Add(numbers)), ("same", pixels.Reshape([1, 48]))));
    }

    /// <summary>Convolutions that take long enough for another thread to come between.</summary>
    public static Model Slow()
    {
        var random = new Random(1);
        ValueHandle x = new GraphBuilder().Input("x", TestSpeed.IsSlow ? new Shape(1, 16, 32, 32) : new Shape(1, 32, 96, 96));
        for (int layer = 0; layer < 4; layer++)
        {
            Tensor weights = TestTensors.Random(random, new Shape(x.Shape[1], x.Shape[1], 3, 3), -0.1f, 0.1f);
            x = x.Convolution(weights, null, Window.Square(3, padding: 1)).Relu();
        }

        return new Model(x.Builder.Build(x));
    }

    /// <summary>Random numbers for a session's input.</summary>
    public static float[] Input(Session session, int seed = 1) => TestTensors.Random(new Random(seed), session.InputShape).Floats.ToArray();

    /// <summary>Room for a session's output, full of NaN.</summary>
    public static float[] Output(Session session)
    {
        float[] output = new float[session.OutputShape.ElementCount];
        output.AsSpan().Fill(float.NaN);
        return output;
    }

    /// <summary>What a session computes for an input.</summary>
    public static float[] Compute(Session session, ReadOnlySpan<float> input)
    {
        float[] output = Output(session);
        session.Run(input, output);
        return output;
    }
}
