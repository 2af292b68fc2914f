using DwEngine.Decomposition;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Vision;

namespace DwEngine.Tests.Readme;

/// <summary>The README's C# code, word for word, so that it compiles.</summary>
internal static class ReadmeSamples
{
    public static void Run()
    {
        NetworkModel model = ModelFile.Load("shufflenet_v2_x1_0.pth");     // immutable, shared by all threads
        using Session session = model.CreateSession();                     // one for each thread; owns its memory
        var preprocessing = Preprocessing.For(model.Metadata);             // torchvision's resize, crop and normalise
        float[] input = new float[preprocessing.OutputLength], logits = new float[session.OutputShape[1]];
        preprocessing.Apply(ImageDecoder.Load("photo.jpg"), input);
        session.Run(input, logits);                                        // allocates nothing
    }

    public static void Decompose()
    {
        Network network = ModelFile.LoadNetwork("expanded.pth", new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32 });
        var images = new CalibrationFolder("cifar10/train", network.Metadata, samples: 1000, seed: 1);
        NetworkDecomposition result = NetworkDecomposer.Decompose(
            network, new DecompositionOptions { Method = "joint", Images = images, Measure = true });
        foreach (LayerReport layer in result.Layers)
        {
            Console.WriteLine($"{layer.Name} {layer.Shape}: {layer.Decision}, {layer.Reason}, error {layer.ResponseError:F4}");
        }

        ModelFile.Save("small.safetensors", result.Graph, network.Metadata);       // loads in torchvision, too
    }
}
