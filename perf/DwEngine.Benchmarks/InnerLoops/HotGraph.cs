using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks.InnerLoops;

/// <summary>A small graph with every kind of kernel whose loops cost a network its time, so that the JIT compiler lists them.</summary>
internal static class HotGraph
{
    /// <summary>What finds the methods of kernels, as <c>DOTNET_JitDisasm</c> spells it.</summary>
    public const string Pattern = "DwEngine.Kernels.*:*";

    /// <summary>Innermost loops over vectors that the kernels have at least; fewer mean that they were not found.</summary>
    public const int FewestLoops = 80;

    private const int Side = 36;

    // Of the constants of a loop, nine weights for the most part, those that 16 registers leave no room for.
    private const int ConstantsInMemory = 5;

    /// <summary>
    /// Whether the loop keeps what it computes in registers and calls nothing. A call, also one in a loop around it, would spill all
    /// vectors.
    /// </summary>
    public static bool Accepts(Isa isa, InnerLoop loop) =>
        loop is { VectorsSpilled: 0, Calls: 0 } && loop.VectorsReloaded <= (isa == Isa.Avx512 ? 0 : ConstantsInMemory);

    /// <summary>Runs it, with the kernels of the process's best instruction set.</summary>
    public static void Run()
    {
        using var model = new Model(Make());
        using Session session = model.CreateSession(new SessionOptions { Threads = 1 });
        session.Run();
    }

    /// <summary>One output for each kind of kernel.</summary>
    public static Graph Make()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 24, Side, Side));
        List<ValueHandle> outputs = [];
        foreach (int size in new[] { 3, 5, 7 })
        {
            foreach (int stride in new[] { 1, 2 })
            {
                outputs.Add(Depthwise(x, Window.Square(size, stride, size / 2)));
            }
        }

        // The padding that the first kernels of depthwise 3x3 do not take, and a window that none but the general one does.
        outputs.AddRange([Depthwise(x, Window.Square(3)), Depthwise(x, Window.Square(3, 2)), Depthwise(x, Window.Square(4))]);

        // Winograd's two forms, panels of gathered pixels, and panels of the pixels themselves.
        outputs.Add(Convolution(x, 24, Window.Square(3, padding: 1)));
        outputs.Add(Convolution(x.AveragePool(Window.Square(4, 4)), 24, Window.Square(3, padding: 1)));
        outputs.Add(Convolution(x, 24, Window.Square(3, stride: 2, padding: 1)));
        outputs.Add(Convolution(x, 26, Window.Square(1)));
        outputs.Add(Convolution(x, 24, Window.Square(3, stride: 2, padding: 1)).MaxPool(Window.Square(3, stride: 2, padding: 1)));
        outputs.Add(Convolution(x, 24, Window.Square(1)).HardSwish());
        outputs.Add(Convolution(x, 24, Window.Square(1)).Silu());

        outputs.Add(x.MaxPool(Window.Square(3, stride: 2, padding: 1)));
        outputs.Add(x.MaxPool(Window.Square(2, stride: 2)));
        outputs.Add(x.AveragePool(Window.Square(3, stride: 2, padding: 1), countIncludePad: false));
        ValueHandle pooled = x.GlobalAveragePool();
        outputs.Add(pooled);
        outputs.Add(pooled.Flatten().FullyConnected(Numbers(40, 24), null));
        outputs.Add(x.MatMul(x));
        outputs.AddRange([x.Softmax(), x.Softmax(1), x.LogSoftmax()]);
        outputs.Add(x.Resize([1, 1, 2, 2]));
        outputs.Add(x.Resize([1, 1, 2, 2], new ResizeOptions { Mode = ResizeMode.Linear }));
        outputs.Add(x.Reduce("Mean", [1]));
        outputs.Add(x.Reduce("Max", [3]));
        outputs.Add(x.LayerNorm(Numbers(Side), Numbers(Side)));
        outputs.Add(x.InstanceNorm(Numbers(24), Numbers(24)));
        outputs.Add(x.BatchNorm(Numbers(24), Numbers(24), Numbers(24), Numbers(24)));

        outputs.AddRange([x.Add(x), x.Multiply(x), x.Multiply(pooled), x.Divide(pooled), x.Maximum(pooled), x.PRelu(pooled)]);
        outputs.AddRange([x.Relu(), x.Relu6(), x.LeakyRelu(), x.Elu(), x.Sigmoid(), x.HardSigmoid(), x.HardSwish(), x.Silu(), x.Mish()]);
        outputs.AddRange([x.Tanh(), x.Gelu(), x.Gelu(approximate: true), x.Softplus(), x.Exp(), x.Log(), x.Sqrt(), x.Erf()]);
        return builder.Build([.. outputs.Select((output, i) => ($"y{i}", output))]);
    }

    private static ValueHandle Depthwise(ValueHandle x, Window window) =>
        x.Convolution(Numbers(24, 1, window.KernelHeight, window.KernelWidth), Numbers(24), window, groups: 24);

    private static ValueHandle Convolution(ValueHandle x, int outputs, Window window) =>
        x.Convolution(Numbers(outputs, 24, window.KernelHeight, window.KernelWidth), Numbers(outputs), window);

    private static Tensor Numbers(params int[] dimensions)
    {
        var shape = new Shape(dimensions);
        return Tensor.FromFloats(shape, [.. Enumerable.Range(1, (int)shape.ElementCount).Select(i => 1f / i)]);
    }
}
