using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.AotSmoke;

/// <summary>A ShuffleNet V2 x0.5 with seeded random weights, scaled so that activations keep their magnitude from layer to layer.</summary>
internal static class RandomNetwork
{
    private const int Seed = 20190423;

    public static Checkpoint Create()
    {
        var random = new Random(Seed);
        var tensors = new StateDict();
        var architecture = new ShuffleNetV2Dimensions { Channels = [24, 48, 96, 192, 1024], Classes = 10, Stem = StemKind.Cifar };
        foreach (TensorSpec spec in architecture.ExpectedTensors())
        {
            tensors.Add(spec.Name, Tensor.FromFloats(spec.Shape, Values(spec, random)));
        }

        return new Checkpoint(tensors, new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32 });
    }

    public static float[] CreateInput(Shape shape)
    {
        var random = new Random(Seed + 1);
        return Fill(shape, () => (4f * random.NextSingle()) - 2f);
    }

    private static float[] Values(TensorSpec spec, Random random)
    {
        if (spec.Shape.Rank > 1)
        {
            // He's bound: what a layer followed by ReLU needs to keep the variance of its input.
            float bound = MathF.Sqrt(6f * spec.Shape[0] / spec.Shape.ElementCount);
            return Fill(spec.Shape, () => bound * ((2f * random.NextSingle()) - 1f));
        }

        bool isScale = spec.Name.EndsWith(".weight", StringComparison.Ordinal)
            || spec.Name.EndsWith("running_var", StringComparison.Ordinal);
        return Fill(spec.Shape, isScale ? () => 0.5f + random.NextSingle() : () => 0.2f * (random.NextSingle() - 0.5f));
    }

    private static float[] Fill(Shape shape, Func<float> next)
    {
        float[] values = new float[shape.ElementCount];
        foreach (ref float value in values.AsSpan())
        {
            value = next();
        }

        return values;
    }
}
