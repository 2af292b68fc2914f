using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using DwEngine;
using DwEngine.Decomposition;
using DwEngine.Decomposition.Calibration;
using DwEngine.Formats;
using DwEngine.Graphs.Layers;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Vision;

// Hashes of what networks answer, batch 1 and 3, and of the weights of a decomposition, for comparing machines and compilers.
// Usage: DwEngine.OutputHashes COMPILER BEST ISA IMAGES MODEL...
// COMPILER is jit or aot, BEST the best instruction set of this process: a check that both are what the caller believes. Sessions run on
// ISA. The first model, a ShuffleNet V2, is decomposed as well, calibrated on images of the folder IMAGES. Each line on standard output has
// a file, the batch or the method, and a hash; times go to standard error.
const int Images = 8;

if (args.Length < 5 || !Enum.TryParse(args[1], ignoreCase: true, out Isa best) || !Enum.TryParse(args[2], ignoreCase: true, out Isa isa))
{
    Console.Error.WriteLine("usage: DwEngine.OutputHashes COMPILER BEST ISA IMAGES MODEL...");
    return 2;
}

string compiler = RuntimeFeature.IsDynamicCodeSupported ? "jit" : "aot";
if (compiler != args[0] || best != Isas.Best || !Isas.Supported.Contains(isa) || !Isas.IsReproducible(isa))
{
    Console.Error.WriteLine(
        $"this process is compiled by {compiler}, its best instruction set is {Isas.Best}; {args[0]}, {best} and reproducible sessions on "
        + $"{isa} were expected");
    return 1;
}

foreach (string file in args[4..])
{
    using Model model = Load(file);
    foreach (int batch in (ReadOnlySpan<int>)[1, 3])
    {
        Print($"{Path.GetFileName(file)} {batch}", () => HashOutputs(model, batch, isa));
    }
}

// The decomposition itself computes on the best instruction set of the process, whatever the sessions run on.
Print($"{Path.GetFileName(args[4])} joint", () => HashDecomposition(args[4], args[3]));
return 0;

static void Print(string what, Func<string> compute)
{
    var watch = Stopwatch.StartNew();
    Console.WriteLine($"{what} {compute()}");
    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {watch.Elapsed.TotalSeconds:F1} s"));
}

static Model Load(string file) => OnnxFile.IsOnnx(file) ? new Model(OnnxFile.Load(file).Graph)
    : ModelFile.Load(file, MetadataOf(file));

// A state dict does not tell the size that its network was trained for.
static ModelMetadata MetadataOf(string file) => Path.GetFileName(file).StartsWith("cifar10", StringComparison.Ordinal)
    ? new ModelMetadata
    {
        Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar),
        InputSize = 32,
        Mean = [0.4914f, 0.4822f, 0.4465f],
        StandardDeviation = [0.2470f, 0.2435f, 0.2616f],
    }
    : new ModelMetadata();

static string HashOutputs(Model model, int batch, Isa isa)
{
    Shape shape = model.DefaultInputShape;
    var options = new SessionOptions { Isa = isa, Threads = 2, InputShape = new Shape([batch, .. shape.Dimensions[1..]]) };
    Session session;
    try
    {
        session = model.CreateSession(options);
    }
    catch (ShapeException) when (batch > 1)
    {
        return "has a fixed batch";
    }

    using Session used = session;
    var random = new Random(19);
    foreach (ref float value in session.Input<float>(session.Inputs[0].Name))
    {
        value = (4 * random.NextSingle()) - 2;
    }

    session.Run();
    using var hash = new BitHash();
    foreach (SessionValue output in session.Outputs)
    {
        hash.Add(session.Output<float>(output.Name));
    }

    return hash.ToString();
}

static string HashDecomposition(string file, string folder)
{
    Network network = ModelFile.LoadNetwork(file, MetadataOf(file));
    var options = new DecompositionOptions
    {
        Method = "joint",
        Images = new CalibrationFolder(folder, network.Metadata, Images),
        Calibration = new CalibrationOptions { PositionsPerLayer = 1024 },
        Layers = name => name.StartsWith("stage2", StringComparison.Ordinal),
        Force = true,
    };
    NetworkDecomposition result = NetworkDecomposer.Decompose(network.Graph, options);
    using var hash = new BitHash();
    foreach (Convolution convolution in result.Graph.Nodes.Select(node => node.Layer).OfType<Convolution>())
    {
        hash.Add(convolution.Weights.Floats);
        hash.Add(convolution.Bias is null ? [] : convolution.Bias.Floats);
    }

    return $"{hash} ({result.Layers.Count(layer => layer.Decision == LayerDecision.Decomposed)} layers)";
}
