using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.PyTorch.Tests;

/// <summary>Modules that are written, run by PyTorch in one process, and held against the engine.</summary>
internal sealed class TorchRun : IDisposable
{
    private const double Tolerance = 1e-5;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    private static readonly Lazy<string?> s_python = new(() =>
        ((string[])["python3", "/usr/bin/python3"]).FirstOrDefault(python => Start(python, "-c", "import torch, numpy").Code == 0));

    private readonly TemporaryFolder _folder = new();
    private readonly List<(string Name, Graph Graph, Tensor[] Inputs, bool Trains)> _all = [];

    public string Folder => _folder.Path;

    public void Dispose() => _folder.Dispose();

    /// <summary>Skips the running test where there is no PyTorch.</summary>
    public static void RequireTorch() => Assert.SkipWhen(
        s_python.Value is null, "PyTorch is not installed (Debian: python3-torch): the modules that are written are not run.");

    /// <summary>Writes the module of a graph.</summary>
    public void Add(string name, Graph graph, bool trains = true, ModelMetadata? metadata = null, Tensor? input = null)
    {
        PyTorchModule.Of(graph, metadata ?? new ModelMetadata()).Save(Path.Combine(Folder, name + ".py"), name);
        var random = new Random(1);
        Tensor[] inputs = [.. graph.Inputs.Select(fed => input ?? Random(random, fed))];
        for (int i = 0; i < inputs.Length; i++)
        {
            File.WriteAllBytes(Path.Combine(Folder, $"{name}.in.{i}.bin"), inputs[i].Bytes);
        }

        var facts = new
        {
            train = trains,
            inputs = inputs.Select(tensor => new
            {
                shape = tensor.Shape.Dimensions.ToArray(),
                dtype = tensor.Type.ToString().ToLowerInvariant(),
            }),
        };
        File.WriteAllText(Path.Combine(Folder, name + ".json"), JsonSerializer.Serialize(facts));
        _all.Add((name, graph, inputs, trains));
    }

    /// <summary>Runs all modules, and requires what the engine computes, before and after training.</summary>
    public void Check()
    {
        RequireTorch();
        string script = Path.Combine(Folder, "check");
        using (Stream stream = typeof(TorchRun).Assembly.GetManifestResourceStream("check.py")!)
        using (FileStream file = File.Create(script))
        {
            stream.CopyTo(file);
        }

        (int code, string output) = Start(s_python.Value!, script, Folder);
        Assert.True(code == 0 && output.Length == 0, output);
        foreach ((string name, Graph graph, Tensor[] inputs, bool trains) in _all)
        {
            RequireSame(name, "out", graph, inputs);
            foreach (string extension in trains ? (string[])[".safetensors", ".pth"] : [])
            {
                string weights = Path.Combine(Folder, $"{name}.tuned{extension}");
                StateDict tensors = CheckpointFile.Load(weights).Tensors;
                PyTorchModule module = PyTorchModule.Load(Path.Combine(Folder, name + ".py"));
                RequireSame(name, "tuned.out", module.Fill(weights, tensors).Graph, inputs);
                if (module.IsOfKnownArchitecture)
                {
                    RequireSame(name, "tuned.out", Architectures.Build(module.ToCheckpoint(weights, tensors)).Graph, inputs);
                }
            }
        }
    }

    /// <summary>Requires that a module's own loader refuses a file.</summary>
    public void RequireRefusal(string name, string weights, string told)
    {
        RequireTorch();
        string load = "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); module = __import__(sys.argv[2]); "
            + "net = next(c for c in vars(module).values() if isinstance(c, type) and hasattr(c, 'from_file')); net.from_file(); "
            + "net().load(Path(sys.argv[1]) / sys.argv[3])";
        (int code, string output) = Start(s_python.Value!, "-c", load, Folder, name, weights);
        Assert.NotEqual(0, code);
        Assert.Contains(told, output, StringComparison.Ordinal);
        Assert.Contains(weights, output, StringComparison.Ordinal);
    }

    private static Tensor Random(Random random, GraphInput fed)
    {
        if (fed.Type == ElementType.Float32)
        {
            return TestTensors.Random(random, fed.DefaultShape);
        }

        byte[] bytes = new byte[fed.DefaultShape.ElementCount * fed.Type.Size()];
        random.NextBytes(bytes);
        return Tensor.FromBytes(fed.Type, fed.DefaultShape, bytes);
    }

    private void RequireSame(string name, string suffix, Graph graph, Tensor[] inputs)
    {
        using var model = new Model(graph);
        using Session session = model.CreateSession();
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i].Bytes.CopyTo(session.InputBytes(graph.Inputs[i].Name));
        }

        session.Run();
        for (int i = 0; i < graph.Outputs.Length; i++)
        {
            byte[] found = File.ReadAllBytes(Path.Combine(Folder, $"{name}.{suffix}.{i}.bin"));
            ReadOnlySpan<byte> expected = session.OutputBytes(graph.Outputs[i].Name);
            Assert.True(expected.Length == found.Length, $"{name}, output {i}: {found.Length} bytes instead of {expected.Length}");
            if (graph.Infer()[graph.Outputs[i].Value].Type != ElementType.Float32)
            {
                Assert.True(expected.SequenceEqual(found), $"{name}, output {i}: other elements");
                continue;
            }

            ReadOnlySpan<float> a = MemoryMarshal.Cast<byte, float>(expected), b = MemoryMarshal.Cast<byte, float>(found);
            double largest = 1e-6, difference = 0;
            for (int j = 0; j < a.Length; j++)
            {
                largest = Math.Max(largest, Math.Abs(a[j]));
                difference = a[j] == b[j] || (float.IsNaN(a[j]) && float.IsNaN(b[j])) ? difference
                    : Math.Max(difference, Math.Abs((double)a[j] - b[j]));
            }

            Assert.True(difference <= Tolerance * largest, $"{name}, {suffix} {i}: differs by {difference / largest:E2}");
        }
    }

    private static (int Code, string Output) Start(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(s_limit))
            {
                process.Kill(entireProcessTree: true);
                return (-1, "PyTorch takes too long.");
            }

            return (process.ExitCode, output.Result + (process.ExitCode == 0 ? "" : error.Result));
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            return (-1, problem.Message);
        }
    }
}
