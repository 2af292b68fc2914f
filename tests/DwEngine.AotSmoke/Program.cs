using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DwEngine.AotSmoke;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Simd;

// What an embedding program does, compiled ahead of time: write and read weights, build the network, run it.
// Usage: DwEngine.AotSmoke [WEIGHTS INPUT.bin LOGITS.bin]...
// Each triple is a weight file, an input and the logits that are expected of it, raw little-endian float32. Differences are relative to
// the largest logit. A single weight file instead is loaded and run once, and the time that this takes from the start of the process is
// shown. Exit code 0 only when every answer is right.

const float Tolerance = 1e-5f;

if (RuntimeFeature.IsDynamicCodeSupported)
{
    Console.Error.WriteLine("This program is to be published with Native AOT; it runs under a JIT compiler.");
    return 1;
}

if (args is [string weights])
{
    ShowStart(weights);
    return 0;
}

if (args.Length % 3 != 0)
{
    Console.Error.WriteLine("Usage: DwEngine.AotSmoke [WEIGHTS INPUT.bin LOGITS.bin]... | WEIGHTS");
    return 2;
}

string file = Path.Combine(Path.GetTempPath(), $"dwengine-aot-{Environment.ProcessId}.safetensors");
try
{
    Checkpoint made = RandomNetwork.Create();
    float[] image = RandomNetwork.CreateInput(new Model(Architectures.Build(made).Graph).DefaultInputShape);
    float[] logits = Run(new Model(Architectures.Build(made).Graph), image, Isa.Portable);

    CheckpointFile.Save(file, made);
    bool right = Check("random network, written and read back", ModelFile.Load(file), image, logits);
    using var onnx = new MemoryStream(OnnxExport.ToBytes(Architectures.Build(made).Graph));
    right &= Check("the same as ONNX", new Model(OnnxFile.Load(onnx).Graph), image, logits);

    for (int i = 0; i < args.Length; i += 3)
    {
        Model model = OnnxFile.IsOnnx(args[i]) ? new Model(OnnxFile.Load(args[i]).Graph) : ModelFile.Load(args[i]);
        right &= Check(Path.GetFileName(args[i]), model, ReadFloats(args[i + 1]), ReadFloats(args[i + 2]));
    }

    return right ? 0 : 1;
}
finally
{
    File.Delete(file);
}

static void ShowStart(string weights)
{
    long start = Stopwatch.GetTimestamp();
    using Session session = ModelFile.Load(weights).CreateSession();
    double ready = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    session.Run(new float[session.InputShape.ElementCount], new float[session.OutputShape.ElementCount]);
    using Process process = Process.GetCurrentProcess();
    double answered = (DateTime.Now - process.StartTime).TotalMilliseconds;
    Console.WriteLine(FormattableString.Invariant(
        $"{Path.GetFileName(weights)}: load and plan {ready:F1} ms, from process start to first answer {answered:F0} ms ({session.Isa})"));
}

static bool Check(string name, Model model, float[] input, float[] expected)
{
    bool right = true;
    float[]? common = null;
    foreach (Isa isa in Isas.Supported)
    {
        float[] found = Run(model, input, isa);
        if (Isas.IsReproducible(isa))
        {
            common ??= found;
            bool same = MemoryMarshal.AsBytes(common.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(found.AsSpan()));
            Console.WriteLine($"{name}, {isa}: {(same ? "the bits of all" : "bits of its own, WRONG")}");
            right &= same;
        }

        float largest = 0;
        float scale = expected.Max(MathF.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            float difference = MathF.Abs(found[i] - expected[i]) / scale;
            // Written so that NaN is wrong.
            largest = difference <= largest ? largest : difference;
        }

        bool close = found.Length == expected.Length && largest < Tolerance;
        Console.WriteLine($"{name}, {isa}: largest difference {largest:g3} of {scale:g3}{(close ? "" : " WRONG")}");
        right &= close;
    }

    return right;
}

static float[] Run(Model model, float[] input, Isa isa)
{
    using Session session = model.CreateSession(new SessionOptions { Isa = isa });
    float[] output = new float[session.OutputShape.ElementCount];
    session.Run(input, output);

    long before = GC.GetAllocatedBytesForCurrentThread();
    session.Run(input, output);
    long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
    return allocated == 0 ? output : throw new InvalidOperationException($"A steady-state run allocated {allocated} bytes.");
}

static float[] ReadFloats(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
