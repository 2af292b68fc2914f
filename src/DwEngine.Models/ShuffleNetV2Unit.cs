using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>
/// A convolution without bias and the batch norm after it. Dimensions may be negative, which means unknown, while weights are checked.
/// </summary>
/// <param name="Name">The prefix of the convolution's tensors.</param>
/// <param name="NormName">The prefix of the batch norm's tensors.</param>
/// <param name="InputChannels">Channels of the input.</param>
/// <param name="OutputChannels">Channels of the output.</param>
/// <param name="Groups">Groups of channels.</param>
/// <param name="Kernel">Rows and columns of the kernel, padded so that stride 1 keeps the size.</param>
/// <param name="Stride">Rows and columns between neighbouring outputs.</param>
/// <param name="IsSpatial">Whether it is a 3x3 of a branch, which may be depthwise or regular.</param>
internal sealed record ConvolutionSpec(
    string Name, string NormName, int InputChannels, int OutputChannels, int Groups, int Kernel, int Stride, bool IsSpatial = false)
{
    public Window Window => Window.Square(Kernel, Stride, Kernel / 2);

    /// <summary>Appends the convolution and the batch norm.</summary>
    public ValueHandle Append(ValueHandle x, IReadOnlyDictionary<string, Tensor> tensors) => x
        .Convolution(tensors[$"{Name}.weight"], bias: null, Window, Groups, Name)
        .BatchNorm(
            tensors[$"{NormName}.weight"],
            tensors[$"{NormName}.bias"],
            tensors[$"{NormName}.running_mean"],
            tensors[$"{NormName}.running_var"],
            name: NormName);

    public IEnumerable<TensorPattern> Patterns()
    {
        string? alternative = !IsSpatial || InputChannels < 0 ? null
            : Groups == 1 ? $"{InputChannels}x1x{Kernel}x{Kernel}"
            : $"{InputChannels}x{InputChannels}x{Kernel}x{Kernel}";
        return
        [
            new($"{Name}.weight", [OutputChannels, InputChannels / Groups, Kernel, Kernel], Alternative: alternative),
            new($"{NormName}.weight", [OutputChannels]),
            new($"{NormName}.bias", [OutputChannels]),
            new($"{NormName}.running_mean", [OutputChannels]),
            new($"{NormName}.running_var", [OutputChannels], IsVariance: true),
        ];
    }
}

/// <summary>
/// A unit of a stage. The first of a stage halves height and width and sends its whole input through both branches; the others send one
/// half of the channels through <c>branch2</c> and leave the other as it is.
/// </summary>
/// <param name="Name">The prefix of the unit's tensors, such as <c>stage2.0</c>.</param>
/// <param name="IsDownsampling">Whether it is the first of its stage.</param>
/// <param name="InputChannels">Channels of the input.</param>
/// <param name="OutputChannels">Channels of the output, half of them from each branch.</param>
/// <param name="Modified">The 3x3 convolutions that are not plain depthwise ones.</param>
internal sealed record ShuffleNetV2Unit(
    string Name, bool IsDownsampling, int InputChannels, int OutputChannels, ImmutableSortedDictionary<string, SpatialConvolution> Modified)
{
    private int Half => OutputChannels < 0 ? OutputChannels : OutputChannels / 2;

    private int Stride => IsDownsampling ? 2 : 1;

    private string Branch1 => $"{Name}.branch1";

    private string Branch2 => $"{Name}.branch2";

    /// <summary>The 3x3 of branch1, which only downsampling units have.</summary>
    public ConvolutionSpec Branch1Spatial => Spatial($"{Branch1}.0", $"{Branch1}.1", InputChannels);

    /// <summary>The 1x1 of branch1, which only downsampling units have.</summary>
    public ConvolutionSpec Branch1Pointwise => new($"{Branch1}.2", $"{Branch1}.3", Branch1Spatial.OutputChannels, Half, 1, 1, 1);

    /// <summary>The 1x1 before the 3x3 of branch2.</summary>
    public ConvolutionSpec Branch2First => new($"{Branch2}.0", $"{Branch2}.1", IsDownsampling ? InputChannels : Half, Half, 1, 1, 1);

    /// <summary>The 3x3 of branch2.</summary>
    public ConvolutionSpec Branch2Spatial => Spatial($"{Branch2}.3", $"{Branch2}.4", Half);

    /// <summary>The 1x1 after the 3x3 of branch2.</summary>
    public ConvolutionSpec Branch2Last => new($"{Branch2}.5", $"{Branch2}.6", Branch2Spatial.OutputChannels, Half, 1, 1, 1);

    /// <summary>All convolutions, in torchvision's order.</summary>
    public IEnumerable<ConvolutionSpec> Convolutions() => IsDownsampling
        ? [Branch1Spatial, Branch1Pointwise, Branch2First, Branch2Spatial, Branch2Last]
        : [Branch2First, Branch2Spatial, Branch2Last];

    private ConvolutionSpec Spatial(string name, string normName, int channels)
    {
        SpatialConvolution spatial = Modified.GetValueOrDefault(name, SpatialConvolution.Depthwise);
        int outputs = spatial.OutputChannels ?? channels * spatial.Multiplier;
        return new ConvolutionSpec(
            name, normName, channels, outputs, spatial.IsRegular ? 1 : channels, 3, Stride, IsSpatial: true);
    }
}
