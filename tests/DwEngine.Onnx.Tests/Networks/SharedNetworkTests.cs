using System.Runtime.InteropServices;
using DwEngine.Onnx.Conformance;
using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Onnx.Tests.Networks;

/// <summary>Networks that PyTorch exported, with what PyTorch computes for an input.</summary>
public class SharedNetworkTests
{
    [SharedTheory]
    [Trait("Category", "Native")]
    [InlineData("mobilenet_v2")]
    [InlineData("squeezenet1_1")]
    [InlineData("mnasnet0_5")]
    [InlineData("shufflenet_v2_x0_5")]
    [InlineData("shufflenet_v2_x1_0")]
    [InlineData("shufflenet_v2_x0_5_expanded")]
    public void Outputs_are_those_of_the_exporter(string name)
    {
        using var model = new Model(OnnxFile.Load(SharedFolder.Require($"models/{name}.onnx")).Graph);
        using Session session = model.CreateSession();
        float[] input = Floats($"models/{name}.in.bin"), expected = Floats($"models/{name}.out.bin"), output = new float[expected.Length];
        session.Run(input, output);
        RequireNear(name, output, expected);
    }

    [SharedTheory]
    [Trait("Category", "Native")]
    [InlineData("fastestdet")]
    [InlineData("ultraface_rfb_320")]
    public void All_outputs_of_detectors_are_those_of_the_exporter(string name)
    {
        using var model = new Model(OnnxFile.Load(SharedFolder.Require($"models/real/{name}.onnx")).Graph);
        using Session session = model.CreateSession();
        Floats($"models/real/{name}.in.bin").CopyTo(session.Input<float>(session.Inputs[0].Name));
        session.Run();
        for (int i = 0; i < session.Outputs.Length; i++)
        {
            RequireNear(name, session.Output<float>(session.Outputs[i].Name).ToArray(), Floats($"models/real/{name}.out.{i}.bin"));
        }
    }

    [SharedTheory]
    [Trait("Category", "Native")]
    [InlineData("mobilenet_v2")]
    [InlineData("squeezenet1_1")]
    [InlineData("mnasnet0_5")]
    [InlineData("shufflenet_v2_x0_5")]
    [InlineData("shufflenet_v2_x1_0")]
    [InlineData("shufflenet_v2_x0_5_expanded")]
    [InlineData("real/fastestdet")]
    [InlineData("real/ultraface_rfb_320")]
    public void A_run_allocates_nothing_and_any_number_of_threads_gives_the_same_bits(string name)
    {
        using var model = new Model(OnnxFile.Load(SharedFolder.Require($"models/{name}.onnx")).Graph);
        float[] input = Floats($"models/{name}.in.bin");
        byte[][]? expected = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using Session session = model.CreateSession(new SessionOptions { Threads = threads });
            input.CopyTo(session.Input<float>(session.Inputs[0].Name));
            session.Run();
            byte[][] found = [.. session.Outputs.Select(output => session.OutputBytes(output.Name).ToArray())];
            expected ??= found;
            Assert.All(expected.Zip(found), pair => Assert.True(pair.First.AsSpan().SequenceEqual(pair.Second), $"{threads} threads"));

            Assert.Equal(0, Allocation.Least(session.Run, repeats: 1));
        }
    }

    [SharedTheory]
    [InlineData("node", 3)]
    [InlineData("pytorch-converted", 0)]
    public void Tests_of_ONNX_pass(string folder, int unsupported)
    {
        ConformanceResult[] results =
            [.. ConformanceTest.Find(SharedFolder.Require($"data/onnx/{folder}")).Select(test => ConformanceTest.Run(test))];
        Assert.DoesNotContain(results, result => result.Outcome == ConformanceOutcome.Failed);
        Assert.Equal(unsupported, results.Count(result => result.Outcome == ConformanceOutcome.Unsupported));
    }

    private static void RequireNear(string name, float[] found, float[] expected)
    {
        double largest = expected.Max(Math.Abs), error = found.Zip(expected, (a, b) => Math.Abs((double)a - b)).Max();
        Assert.True(error <= 1e-4 * largest, $"{name}: off by {error / largest}");
    }

    private static float[] Floats(string relative) =>
        MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(SharedFolder.Require(relative))).ToArray();
}
