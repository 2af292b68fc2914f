using DwEngine.Onnx.Conformance;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Onnx.Tests.Exporting;

/// <summary>ONNX's own tests of operators, whose networks are read, written and then held to the same data.</summary>
public class ExportedOperatorTests
{
    // What ONNX Runtime has no kernel for, or does in another way than ONNX says.
    private static readonly string[] s_notOfPeer = [];

    [SharedTheory]
    [InlineData("node")]
    [InlineData("pytorch-converted")]
    public void What_was_read_and_written_passes_the_same_tests(string folder)
    {
        using var temporary = new TemporaryFolder();
        var failures = new List<string>();
        int passed = 0;
        foreach (string test in ConformanceTest.Find(SharedFolder.Require($"data/onnx/{folder}")))
        {
            string name = Path.GetFileName(test);
            if (ConformanceTest.Run(test).Outcome != ConformanceOutcome.Passed || TryLoad(test) is not { } network)
            {
                continue;
            }

            try
            {
                byte[] bytes = OnnxExport.ToBytes(network.Graph);
                string copy = Path.Combine(temporary.Path, name);
                CopyData(test, copy);
                File.WriteAllBytes(Path.Combine(copy, "model.onnx"), bytes);
                ConformanceResult result = ConformanceTest.Run(copy);
                if (result.Outcome != ConformanceOutcome.Passed)
                {
                    failures.Add($"{name}: {result.Reason}");
                    continue;
                }

                passed++;
                if (Peer.IsThere && !s_notOfPeer.Contains(name))
                {
                    RunInPeer(name, network, bytes, test);
                }
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                failures.Add($"{name}: {error.GetType().Name}: {error.Message}");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.True(passed > 20, $"{passed} passed");
    }

    private static void RunInPeer(string name, OnnxNetwork network, byte[] bytes, string test)
    {
        string set = Path.Combine(test, "test_data_set_0");
        var inputs = new Dictionary<string, Tensor>();
        for (int i = 0; i < network.Graph.Inputs.Length; i++)
        {
            inputs.Add(network.Graph.Inputs[i].Name, OnnxTensorFile.Load(Path.Combine(set, $"input_{i}.pb")));
        }

        Dictionary<string, byte[]> outputs = Peer.Run(bytes, inputs);
        for (int i = 0; i < network.Graph.Outputs.Length; i++)
        {
            Tensor expected = OnnxTensorFile.Load(Path.Combine(set, $"output_{i}.pb"));
            Peer.RequireNear(name, expected.Type, outputs[network.Graph.Outputs[i].Name], expected.Bytes, 1e-3);
        }
    }

    // Null where an input must be constant, so that it would be none any more.
    private static OnnxNetwork? TryLoad(string test)
    {
        try
        {
            return OnnxFile.Load(Path.Combine(test, "model.onnx"));
        }
        catch (DwEngineException)
        {
            return null;
        }
    }

    private static void CopyData(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*.pb", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
