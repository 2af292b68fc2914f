using System.Runtime.InteropServices;
using DwEngine;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Vision;

const string Resource = "model.safetensors";

if (args.Length != 1)
{
    Console.Error.WriteLine("usage: embedded-model PICTURE");
    return 2;
}

try
{
    // The weights are read where the program's file lies in memory; what is known of the network stands beside them in the resource.
    using Stream resource = typeof(Program).Assembly.GetManifestResourceStream(Resource)!;
    using NetworkModel model = ModelFile.Load(ModelSource.FromStream(resource, Resource));
    using Session session = model.CreateSession();
    var preprocessing = Preprocessing.For(model.Metadata);
    float[] input = new float[preprocessing.OutputLength], scores = new float[session.OutputShape[1]];
    preprocessing.Apply(ImageDecoder.Load(args[0]), input);
    session.Run(input, scores);

    int best = Array.IndexOf(scores, scores.Max());
    Console.WriteLine($"{(model.Metadata.Labels is { } labels ? labels[best] : $"class {best}")}, score {scores[best]:F4}");
    // FNV-1a: the hashes of .NET need a library of the system.
    ulong hash = 14695981039346656037;
    foreach (byte part in MemoryMarshal.AsBytes<float>(scores))
    {
        hash = (hash ^ part) * 1099511628211;
    }

    Console.WriteLine($"bits {hash:x16}");
    return 0;
}
catch (DwEngineException problem)
{
    Console.Error.WriteLine($"embedded-model: {problem.Message}");
    return 1;
}
