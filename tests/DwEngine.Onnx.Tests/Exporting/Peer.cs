using System.Runtime.InteropServices;
using DwEngine.Tensors;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace DwEngine.Onnx.Tests.Exporting;

/// <summary>ONNX Runtime, which checks what is exported when it loads it.</summary>
internal static class Peer
{
    /// <summary>Whether there is a library of it that this process can run without emulation.</summary>
    public static bool IsThere => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>What it computes, as bytes for each output by name. No pass changes the network.</summary>
    public static Dictionary<string, byte[]> Run(byte[] onnx, IReadOnlyDictionary<string, Tensor> inputs)
    {
        Assert.SkipUnless(IsThere, "ONNX Runtime runs natively only.");
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        using var session = new InferenceSession(onnx, options);
        using var runOptions = new RunOptions();
        var values = new Dictionary<string, OrtValue>();
        try
        {
            foreach ((string name, Tensor tensor) in inputs.Where(pair => session.InputMetadata.ContainsKey(pair.Key)))
            {
                values.Add(name, ValueOf(tensor));
            }

            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(runOptions, values, session.OutputNames);
            return session.OutputNames.Zip(results).ToDictionary(pair => pair.First, pair => BytesOf(pair.Second));
        }
        finally
        {
            foreach (OrtValue value in values.Values)
            {
                value.Dispose();
            }
        }
    }

    /// <summary>Requires floats within a share of the largest, and other elements the same.</summary>
    public static void RequireNear(string name, ElementType type, ReadOnlySpan<byte> found, ReadOnlySpan<byte> expected, double tolerance)
    {
        Assert.True(found.Length == expected.Length, $"{name}: {found.Length} bytes instead of {expected.Length}");
        if (type != ElementType.Float32)
        {
            Assert.True(found.SequenceEqual(expected), $"{name}: other elements");
            return;
        }

        ReadOnlySpan<float> a = MemoryMarshal.Cast<byte, float>(found), b = MemoryMarshal.Cast<byte, float>(expected);
        double largest = 1e-6;
        foreach (float value in b)
        {
            largest = float.IsFinite(value) ? Math.Max(largest, Math.Abs(value)) : largest;
        }

        for (int i = 0; i < a.Length; i++)
        {
            bool isSame = a[i] == b[i] || (float.IsNaN(a[i]) && float.IsNaN(b[i]));
            Assert.True(
                isSame || Math.Abs((double)a[i] - b[i]) <= tolerance * largest,
                $"{name}: {a[i]} at {i} instead of {b[i]}, of at most {largest}");
        }
    }

    private static OrtValue ValueOf(Tensor tensor)
    {
        long[] shape = [.. tensor.Shape.Dimensions.ToArray().Select(size => (long)size)];
        return tensor.Type switch
        {
            ElementType.Float32 => Of<float>(),
            ElementType.Int64 => Of<long>(),
            ElementType.Int32 => Of<int>(),
            ElementType.Int16 => Of<short>(),
            ElementType.Int8 => Of<sbyte>(),
            ElementType.Bool => Of<bool>(),
            _ => Of<byte>(),
        };

        OrtValue Of<T>()
            where T : unmanaged => OrtValue.CreateTensorValueFromMemory(MemoryMarshal.Cast<byte, T>(tensor.Bytes).ToArray(), shape);
    }

    private static byte[] BytesOf(OrtValue value) => value.GetTensorMutableRawData().ToArray();
}
