using DwEngine.Kernels;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Export;

/// <summary>Writes windows.</summary>
internal static class WindowExport
{
    /// <summary>
    /// A window's attributes. Where an operator has no rounding up, the padding is written that does the same for an image.
    /// </summary>
    /// <param name="window">The window.</param>
    /// <param name="image">The shape of the images.</param>
    /// <param name="roundsUp">Whether the operator has the attribute <c>ceil_mode</c>.</param>
    /// <param name="dilates">Whether the operator has the attribute <c>dilations</c>.</param>
    public static IEnumerable<AttributeProto> Of(Window window, Shape image, bool roundsUp = false, bool dilates = true)
    {
        yield return Attributes.Of("kernel_shape", [window.KernelHeight, window.KernelWidth]);
        yield return Attributes.Of("strides", [window.StrideY, window.StrideX]);
        if (dilates)
        {
            yield return Attributes.Of("dilations", [window.DilationY, window.DilationX]);
        }

        if (window.Padding == PaddingMode.Ceiling && roundsUp)
        {
            yield return Attributes.Of("ceil_mode", true);
        }
        else if (window.Padding == PaddingMode.Ceiling)
        {
            window = window.For(image[2], image[3]);
        }

        yield return window.Padding switch
        {
            PaddingMode.SameUpper => Attributes.Of("auto_pad", "SAME_UPPER"),
            PaddingMode.SameLower => Attributes.Of("auto_pad", "SAME_LOWER"),
            _ => Attributes.Of("pads", [window.PadTop, window.PadLeft, window.PadBottom, window.PadRight]),
        };
    }
}
