using System.Buffers.Binary;
using DwEngine.Fuzz.Mutation;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;

namespace DwEngine.Fuzz.Graphs;

/// <summary>
/// Sizes up to the largest numbers. A session is refused by a typed error, or it is made within the memory that this process may use. An
/// input is the input's shape and a window.
/// </summary>
internal sealed class LimitTarget : FuzzTarget
{
    private const int Numbers = 14;

    // What is made is kept this small, so that an execution is quick.
    private const long MostElements = 1 << 22;

    public override string Name => "limits";

    public override int LongestInput => Numbers * sizeof(int);

    public override IReadOnlyList<byte[]> Corpus { get; } =
        [Input(1, 2, 5, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1), Input(2, 4, 8, 8, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1)];

    public override byte[] Mutate(byte[] input, byte[] other, Random random)
    {
        byte[] copy = [.. input];
        int value = random.Next(3) == 0 ? 1 + random.Next(9) : (int)ByteMutations.Number(random);
        BinaryPrimitives.WriteInt32LittleEndian(copy.AsSpan(random.Next(Numbers) * sizeof(int)), value);
        return copy;
    }

    public override long AllocationLimit(int inputLength) => 1L << 31;

    public override void Run(byte[] input)
    {
        int[] n = [.. Enumerable.Range(0, Numbers).Select(i => BinaryPrimitives.ReadInt32LittleEndian(input.AsSpan(i * sizeof(int))))];
        var shape = new Shape(n[0], n[1], n[2], n[3]);
        var window = new Window(n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11], n[12], n[13]);
        try
        {
            foreach (Func<ValueHandle, ValueHandle> layer in Layers(window, shape[1]))
            {
                ValueHandle x = new GraphBuilder().Input("x", shape);
                x = layer(x);
                if (shape.ElementCount is <= MostElements or > int.MaxValue && x.Shape.ElementCount is <= MostElements or > int.MaxValue)
                {
                    using Session session = new Model(x.Builder.Build(x)).CreateSession(new SessionOptions { Threads = 1 });
                }
            }
        }
        finally
        {
            EngineMemory.Trim();
        }
    }

    private static IEnumerable<Func<ValueHandle, ValueHandle>> Layers(Window window, int channels)
    {
        yield return x => x.Relu();
        yield return x => x.Flatten();
        yield return x => x.Softmax();
        yield return x => x.GlobalAveragePool();
        yield return x => x.ChannelShuffle(channels % 2 == 0 ? 2 : 1);
        yield return x => x.MaxPool(window);
        yield return x => x.AveragePool(window, countIncludePad: false);
        long weights = (long)Math.Max(0, window.KernelHeight) * Math.Max(0, window.KernelWidth);
        if (weights <= 1 << 12 && channels is > 0 and <= 1 << 8)
        {
            yield return x => x.Convolution(
                TestTensors.Random(new Random(1), new Shape(channels, 1, window.KernelHeight, window.KernelWidth)), null, window, channels);
            yield return x => x.Convolution(
                TestTensors.Random(new Random(1), new Shape(2, channels, window.KernelHeight, window.KernelWidth)), null, window);
            yield return x => x.Convolution(
                TestTensors.Random(new Random(1), new Shape(2, channels, window.KernelHeight, window.KernelWidth)), null, window)
                .MaxPool(Window.Square(3, stride: 2, padding: 1));
        }
    }

    private static byte[] Input(params int[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];
}
