namespace DwEngine.Models;

/// <summary>The first layers of a ShuffleNet V2.</summary>
public enum StemKind
{
    /// <summary>3x3 convolution with stride 2, then 3x3 max pooling with stride 2.</summary>
    ImageNet,

    /// <summary>3x3 convolution with stride 1, no pooling.</summary>
    Cifar,
}
