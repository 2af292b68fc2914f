using System.Collections.Immutable;
using System.Globalization;
using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>
/// Reads a ShuffleNet V2's dimensions from whatever tensors are there. Each dimension is taken from the first tensor that tells it and is
/// -1 if none does; whether the tensors agree is for the check that follows.
/// </summary>
internal static class ShuffleNetV2Detector
{
    public static ShuffleNetV2Dimensions Detect(StateDict tensors, StemKind stem)
    {
        var channels = ImmutableArray.CreateBuilder<int>();
        channels.Add(tensors.Dimension("conv1.0.weight", 0, 4));
        var repeats = ImmutableArray.CreateBuilder<int>();
        for (int stage = 2; stage < 2 + ShuffleNetV2Dimensions.StageCount; stage++)
        {
            int repeat = Repeats(tensors, $"stage{stage}.");
            repeats.Add(repeat);
            channels.Add(StageChannels(tensors, stage, repeat));
        }

        (bool hasLast, bool hasClassifier) = Head(tensors);
        int last = tensors.Dimension("conv5.0.weight", 0, 4);
        channels.Add(last > 0 ? last : tensors.Dimension("fc.weight", 1, 2));
        int classes = tensors.Dimension("fc.weight", 0, 2);
        var plain = new ShuffleNetV2Dimensions
        {
            InputChannels = tensors.Dimension("conv1.0.weight", 1, 4),
            StageRepeats = repeats.ToImmutable(),
            Channels = channels.ToImmutable(),
            Classes = classes > 0 ? classes : tensors.Dimension("fc.bias", 0, 1),
            Stem = stem,
            HasClassifier = hasClassifier,
            HasLastConvolution = hasLast,
        };
        return new ShuffleNetV2Dimensions
        {
            InputChannels = plain.InputChannels,
            StageRepeats = plain.StageRepeats,
            Channels = plain.Channels,
            Classes = plain.Classes,
            Stem = stem,
            HasClassifier = hasClassifier,
            HasLastConvolution = hasLast,
            Modified = Modified(tensors, plain),
        };
    }

    // A backbone is all that a network has but its classifier, or its last convolution, too; other names beside it are of another head.
    private static (bool HasLast, bool HasClassifier) Head(StateDict tensors)
    {
        bool isBackbone = tensors.TryGet("conv1.0.weight", out _)
            && tensors.Names.Any(name => name.StartsWith("stage4.", StringComparison.Ordinal))
            && tensors.Names.All(name => name.StartsWith("conv1.", StringComparison.Ordinal)
                || name.StartsWith("conv5.", StringComparison.Ordinal) || name.StartsWith("stage", StringComparison.Ordinal));
        return (!isBackbone || tensors.Names.Any(name => name.StartsWith("conv5.", StringComparison.Ordinal)), !isBackbone);
    }

    private static int StageChannels(StateDict tensors, int stage, int repeat)
    {
        for (int unit = 0; unit < repeat; unit++)
        {
            foreach (string layer in (ReadOnlySpan<string>)["branch2.5", "branch2.0"])
            {
                int half = tensors.Dimension($"stage{stage}.{unit}.{layer}.weight", 0, 4);
                if (half is > 0 and <= int.MaxValue / 2)
                {
                    return 2 * half;
                }
            }
        }

        return -1;
    }

    private static ImmutableSortedDictionary<string, SpatialConvolution> Modified(StateDict tensors, ShuffleNetV2Dimensions plain)
    {
        var modified = ImmutableSortedDictionary.CreateBuilder<string, SpatialConvolution>(StringComparer.Ordinal);
        IEnumerable<ConvolutionSpec> convolutions = plain.Units().SelectMany(unit => unit.Convolutions());
        foreach (ConvolutionSpec spatial in convolutions.Where(convolution => convolution.IsSpatial))
        {
            // A shape that is neither form stays depthwise here, and the check reports it.
            if (FindSpatial(tensors, spatial.Name, spatial.NormName, spatial.InputChannels) is { } found
                && found != SpatialConvolution.Depthwise)
            {
                modified.Add(spatial.Name, found);
            }
        }

        return modified.ToImmutable();
    }

    /// <summary>
    /// The form of a 3x3 convolution of a branch that its weights have; null if they are not there or have neither form. With one channel
    /// both forms are the same.
    /// </summary>
    public static SpatialConvolution? FindSpatial(StateDict tensors, string name, string normName, int channels) =>
        channels > 0 && tensors.TryGet($"{name}.weight", out Tensor? weights) && weights.Shape.Rank == 4 && weights.Shape[0] > 0
            ? Find(channels, weights.Shape, tensors.Dimension($"{normName}.weight", 0, 1))
            : null;

    // A number of channels that is no multiple of the input's is believed only where the batch norm has it too.
    private static SpatialConvolution? Find(int channels, Shape weights, int normChannels)
    {
        int outputs = weights[0];
        bool isRegular = weights[1] == channels && channels > 1;
        return outputs % channels == 0 ? new SpatialConvolution(isRegular, outputs / channels)
            : isRegular && normChannels == outputs ? new SpatialConvolution(true, 1) { OutputChannels = outputs }
            : null;
    }

    /// <summary>One more than the highest unit that the names of a stage mention, at least one.</summary>
    private static int Repeats(StateDict tensors, string prefix)
    {
        var units = new HashSet<int>();
        foreach (string name in tensors.Names)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                ReadOnlySpan<char> rest = name.AsSpan(prefix.Length);
                int dot = rest.IndexOf('.');
                if (dot > 0 && int.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out int unit))
                {
                    units.Add(unit);
                }
            }
        }

        // A few units may be missing. One far beyond the others is surplus instead, so that memory stays in proportion to what is there.
        return 1 + units.Where(unit => unit < 2L * units.Count).DefaultIfEmpty(0).Max();
    }
}
