using System.Runtime.CompilerServices;
using DwEngine;
using DwEngine.Models;
using DwEngine.Tensors;

// Runs what a consumer runs, compiled ahead of time. Exit code 0 only when every answer is right.

if (RuntimeFeature.IsDynamicCodeSupported)
{
    Console.Error.WriteLine("This program is to be published with Native AOT; it runs under a JIT compiler.");
    return 1;
}

float[] values = [1f, -2.5f, float.MaxValue, float.Epsilon, 0f, -0f];
var weights = new StateDict();
weights.Add("conv.weight", Tensor.FromFloats(new Shape(1, 2, 3), values));

if (!weights.TryGet("conv.weight", out Tensor? tensor)
    || tensor.Shape != new Shape(1, 2, 3)
    || !tensor.ToFloat32().Bytes.SequenceEqual(Tensor.FromFloats(tensor.Shape, values).Bytes))
{
    Console.Error.WriteLine("The tensor that was stored is not the tensor that was read.");
    return 1;
}

try
{
    _ = Tensor.FromFloats(new Shape(2, 2), values);
    Console.Error.WriteLine("Six values were accepted as a tensor of shape 2x2.");
    return 1;
}
catch (ShapeException)
{
    Console.WriteLine("native AOT: tensors round-trip");
    return 0;
}
