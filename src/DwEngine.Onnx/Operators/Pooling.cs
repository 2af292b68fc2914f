using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>The largest, the mean or another value under a window, over one axis or two.</summary>
internal static class Pooling
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("AveragePool", 1, Average),
        new("MaxPool", 1, Max),
        Of("LpPool", 1, PowerMean),
        Of("GlobalAveragePool", 1, node => Globally(node, "Mean", new GlobalAveragePool())),
        Of("GlobalMaxPool", 1, node => Globally(node, "Max", new GlobalMaxPool())),
        Of("GlobalLpPool", 1, GlobalPowerMean),
    ];

    private static Operand Average(NodeContext node)
    {
        bool countsPadding = node.Attributes.Bool("count_include_pad", false);
        Window window = Read(node, CeilMode(node));
        return WindowReader.OverImage(node, node.Input(0), x => node.Apply(new AveragePool(window, countsPadding), x));
    }

    private static Operand[] Max(NodeContext node)
    {
        Operand x = node.Input(0);
        bool isColumnMajor = node.Attributes.Bool("storage_order", false);
        Window window = Read(node, CeilMode(node));
        ElementType type = x.Type;
        if (type is ElementType.UInt8 or ElementType.Int8 && node.Opset >= 12)
        {
            // Floats hold all bytes exactly.
            x = Casting.ToFloat(node, x);
        }

        Operand largest = WindowReader.OverImage(node, x, image => node.Apply(new MaxPool(window), image));
        largest = type == x.Type ? largest : node.Apply(new Cast(type), largest);
        return node.IsOutputUsed(1)
            ? [largest, WindowReader.OverImage(node, x, image => node.Apply(new MaxPoolIndices(window, isColumnMajor), image))]
            : [largest];
    }

    // (the sum of |x|^p)^(1/p): the mean of the powers times the number of taps, for padding is 0.
    private static Operand PowerMean(NodeContext node)
    {
        double power = Power(node);
        Window window = Read(node, CeilMode(node));
        return WindowReader.OverImage(node, node.Input(0), x =>
        {
            Operand raised = Raised(node, x, power);
            if (window.Padding == PaddingMode.Ceiling)
            {
                (raised, window) = Padded(node, raised, window);
            }

            Operand mean = node.Apply(new AveragePool(window, countIncludePad: true), raised);
            return Root(node, node.Apply(new Binary("Mul"), mean, node.Known((float)window.Taps)), power);
        });
    }

    // Where a last position may lie beyond the image, its zeros must be there to be counted as others are.
    private static (Operand Padded, Window Window) Padded(NodeContext node, Operand x, Window window)
    {
        bool beginsWithin = window.StrideY <= ((window.KernelHeight - 1) * window.DilationY) + 1
            && window.StrideX <= ((window.KernelWidth - 1) * window.DilationX) + 1;
        if (window.PadBottom != 0 || window.PadRight != 0 || !beginsWithin)
        {
            throw new NotSupported("ceil_mode = 1 with padding at the end, or with strides longer than the window");
        }

        Operand padded = node.Apply(
            new Pad([0, 0, window.PadTop, window.PadLeft], [0, 0, window.StrideY - 1, window.StrideX - 1]), x);
        return (padded, window with { PadTop = 0, PadLeft = 0, Padding = PaddingMode.Explicit });
    }

    private static Operand GlobalPowerMean(NodeContext node)
    {
        double power = Power(node);
        return Root(node, Reduced(node, "Sum", Raised(node, node.Input(0), power)), power);
    }

    private static Operand Globally(NodeContext node, string reduction, Layer ofImages) =>
        node.Input(0) is { Rank: 4 } image ? node.Apply(ofImages, image) : Reduced(node, reduction, node.Input(0));

    private static Operand Reduced(NodeContext node, string reduction, Operand x) => x.Rank > 2
        ? node.Apply(new Reduce(reduction, [.. Enumerable.Range(2, x.Rank - 2)]), x)
        : throw node.Error($"has an input of shape {x.Fact.Shape}; at least three dimensions were expected");

    private static double Power(NodeContext node)
    {
        double power = node.Opset < 2 ? node.Attributes.Float("p", 2) : node.Attributes.Long("p", 2);
        return power > 0 ? power : throw node.Error($"the attribute 'p' is {power}; a number above 0 was expected");
    }

    private static Operand Raised(NodeContext node, Operand x, double power) => power switch
    {
        1 => node.Apply(new Unary("Abs"), x),
        2 => node.Apply(new Binary("Mul"), x, x),
        _ => node.Apply(new Binary("Pow"), node.Apply(new Unary("Abs"), x), node.Known((float)power)),
    };

    private static Operand Root(NodeContext node, Operand x, double power) => power switch
    {
        1 => x,
        2 => node.Apply(new Unary("Sqrt"), x),
        _ => node.Apply(new Binary("Pow"), x, node.Known((float)(1 / power))),
    };

    private static bool CeilMode(NodeContext node) => node.Opset >= 10 && node.Attributes.Bool("ceil_mode", false);

    private static Window Read(NodeContext node, bool roundsUp)
    {
        ImmutableArray<int> kernel = node.Attributes.Ints("kernel_shape");
        return kernel.IsDefault ? throw node.Error("has no kernel_shape") : WindowReader.Read(node, node.Input(0), kernel, roundsUp);
    }
}
