using System.Runtime.InteropServices;
using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Onnx.Tests.Networks;

/// <summary>Networks that PyTorch exported, with what PyTorch computes for an input.</summary>
public class SharedNetworkTests
{
    [SharedTheory]
    [InlineData("mobilenet_v2")]
    public void Outputs_are_those_of_the_exporter(string name)
    {
        using var model = new Model(OnnxFile.Load(SharedFolder.Require($"models/{name}.onnx")).Graph);
        using Session session = model.CreateSession();
        float[] input = Floats($"models/{name}.in.bin"), expected = Floats($"models/{name}.out.bin"), output = new float[expected.Length];
        session.Run(input, output);
        double largest = expected.Max(Math.Abs), error = output.Zip(expected, (found, right) => Math.Abs((double)found - right)).Max();
        Assert.True(error <= 1e-4 * largest, $"{name}: off by {error / largest}");
    }

    private static float[] Floats(string relative) =>
        MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(SharedFolder.Require(relative))).ToArray();
}
