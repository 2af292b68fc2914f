using System.Collections.Immutable;
using System.Globalization;
using DwEngine.Kernels;
using DwEngine.Kernels.Elementwise;

namespace DwEngine.Graphs.Layers;

/// <summary>A property of a layer that is no tensor.</summary>
/// <param name="Name">Its name within the layer, such as <c>stride</c>.</param>
/// <param name="Value">A <see cref="bool"/>, <see cref="int"/>, <see cref="double"/>, <see cref="string"/> or an immutable array of
/// <see cref="int"/>.</param>
public readonly record struct LayerAttribute(string Name, object Value)
{
    /// <summary>The value as text, the same in every culture.</summary>
    public string Text => Value is ImmutableArray<int> numbers
        ? string.Join('x', numbers)
        : Convert.ToString(Value, CultureInfo.InvariantCulture) ?? "";

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Text}";

    /// <summary>The attributes of a window; those that a dense window has are left out.</summary>
    internal static IEnumerable<LayerAttribute> Of(Window window)
    {
        yield return new("kernel", ImmutableArray.Create(window.KernelHeight, window.KernelWidth));
        if (window.StrideY != 1 || window.StrideX != 1)
        {
            yield return new("stride", ImmutableArray.Create(window.StrideY, window.StrideX));
        }

        if (window.PadTop != 0 || window.PadLeft != 0 || window.PadBottom != 0 || window.PadRight != 0)
        {
            yield return new("padding", ImmutableArray.Create(window.PadTop, window.PadLeft, window.PadBottom, window.PadRight));
        }

        if (window.Padding != PaddingMode.Explicit)
        {
            yield return new("padding_mode", window.Padding.ToString());
        }

        if (window.DilationY != 1 || window.DilationX != 1)
        {
            yield return new("dilation", ImmutableArray.Create(window.DilationY, window.DilationX));
        }
    }

    /// <summary>The attributes of an epilogue; none if it does nothing.</summary>
    internal static IEnumerable<LayerAttribute> Of(Activation epilogue)
    {
        if (epilogue.Function is { } function)
        {
            yield return new("activation", function.Entry.Traits.Name);
            foreach ((OperatorParameter parameter, float value) in function.Entry.Traits.Parameters.Zip(function.Parameters))
            {
                yield return new(parameter.Name, (double)value);
            }
        }
        else if (epilogue.AsClamp is { } clamp && clamp != Clamp.None)
        {
            yield return new("low", (double)clamp.Low);
            yield return new("high", (double)clamp.High);
        }
    }
}
