using System.Runtime.InteropServices;
using DwEngine;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Vision;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: embed MODEL PICTURE");
    return 2;
}

try
{
    using NetworkModel model = ModelFile.Load(args[0]);
    using Session session = model.CreateSession();
    var preprocessing = Preprocessing.For(model.Metadata);
    float[] input = new float[preprocessing.OutputLength], scores = new float[session.OutputShape[1]];
    preprocessing.Apply(ImageDecoder.Load(args[1]), input);
    session.Run(input, scores);

    int best = Array.IndexOf(scores, scores.Max());
    if (Isas.LeftOut is { } better)
    {
        Console.Error.WriteLine($"embed: this CPU has {better}, which the program leaves out: publish it with IlcInstructionSet.");
    }

    Console.WriteLine($"class {best}, score {scores[best]:F4}, instruction set {Isas.Best}");

    // The same bits on every instruction set: a result from the robot can be replayed on the desk.
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
    Console.Error.WriteLine($"embed: {problem.Message}");
    return 1;
}
