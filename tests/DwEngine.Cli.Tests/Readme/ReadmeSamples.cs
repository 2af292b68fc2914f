using DwEngine.Decomposition;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision;
using DwEngine.Vision.Detection;

namespace DwEngine.Cli.Tests.Readme;

/// <summary>The C# code of the README and of the pages, word for word, so that it compiles.</summary>
internal static class ReadmeSamples
{
    public static void Run()
    {
        using NetworkModel model = ModelFile.Load("shufflenet_v2_x1_0.pth");     // shared by all threads
        using Session session = model.CreateSession();                           // one for each thread; owns its memory
        var preprocessing = Preprocessing.For(model.Metadata);                   // torchvision's resize, crop and normalise
        float[] input = new float[preprocessing.OutputLength], logits = new float[session.OutputShape.ElementCount];
        preprocessing.Apply(ImageDecoder.Load("photo.jpg"), input);
        session.Run(input, logits);                                              // allocates nothing
    }

    public static void Detect(Model model)
    {
        using var detector = new Detector(model, new DetectorOptions { MinimumScore = 0.6f });    // one for each thread
        foreach (DetectedObject found in detector.Detect(ImageDecoder.Load("street.jpg")))
        {
            Console.WriteLine($"{found.Label} {found.Score:F2} at {found.Box.X1:F0}, {found.Box.Y1:F0}");
        }

        byte[] frame = new byte[3 * 640 * 480];                            // interleaved RGB, from a camera
        var objects = new DetectedObject[detector.MaxObjects];
        int count = detector.Detect(frame, 640, 480, objects);             // allocates nothing
    }

    public static void Decompose()
    {
        var metadata = new ModelMetadata               // what the file does not tell; otherwise ImageNet's values
        {
            Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar),
            InputSize = 32,
            Mean = [0.4914f, 0.4822f, 0.4465f],
            StandardDeviation = [0.2470f, 0.2435f, 0.2616f],
        };
        Network network = ModelFile.LoadNetwork("expanded.pth", metadata);
        var images = new CalibrationFolder("cifar10/train", network.Metadata, samples: 1000, seed: 1);
        NetworkDecomposition result = NetworkDecomposer.Decompose(
            network, new DecompositionOptions { Method = "joint", Images = images, Measure = true });
        foreach (LayerReport layer in result.Layers)
        {
            Console.WriteLine($"{layer.Name} {layer.Shape}: {layer.Decision}, {layer.Reason}, error {layer.ResponseError:F4}");
        }

        ModelFile.Save("small.safetensors", result.Graph, network.Metadata);       // loads in torchvision, too
    }

    public static float[] Build()
    {
        var builder = new GraphBuilder();
        ValueHandle picture = builder.Input("picture", new Shape(1, 3, 32, 32), ElementType.UInt8);
        ValueHandle features = picture
            .Apply(ConvertElements.Normalization([0.5f, 0.5f, 0.5f], [0.25f, 0.25f, 0.25f]), "normalised")
            .Convolution(
                Tensor.FromFloats(new Shape(16, 3, 3, 3), new float[16 * 27]), bias: null, new Window(3, 3, StrideY: 2, StrideX: 2))
            .Relu("features");
        ValueHandle mean = features.GlobalAveragePool("mean").Flatten();
        ValueHandle answer = mean.FullyConnected(Tensor.FromFloats(new Shape(10, 16), new float[160]), bias: null);

        using var model = new Model(builder.Build(("answer", answer), ("mean", mean)));
        using Session session = model.CreateSession(new SessionOptions { Threads = 2 });
        byte[] bytes = new byte[3 * 32 * 32];
        float[] numbers = new float[10];
        session.With().Input<byte>("picture", bytes).Output<float>("answer", numbers).Run();
        ReadOnlySpan<float> means = session.Output<float>("mean");                 // memory of the session
        return means.ToArray();
    }
}
