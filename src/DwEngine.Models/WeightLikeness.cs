using System.Collections.Immutable;

namespace DwEngine.Models;

/// <summary>Guesses from tensors' names why they do not fit, for messages only.</summary>
internal static class WeightLikeness
{
    // A guess needs no more names than these.
    private const int MaxNames = 4000;

    // Each has names that begin, at the start or after a dot, with all of the parts; the first that fits is told.
    private static readonly ImmutableArray<(string Name, ImmutableArray<string> Parts)> s_architectures =
    [
        ("ShuffleNet V2 as OpenMMLab names it; expected torchvision's names", ["layers.0.0.branch2.0.conv.weight"]),
        ("an object detector on a ResNet", ["body.layer1.0.conv1.weight", "rpn."]),
        ("DeepLab or FCN, a segmenter", ["layer1.0.conv1.weight", "classifier.0."]),
        ("ResNeXt or ResNet", ["layer1.0.conv1.weight", "layer4.0.conv1.weight"]),
        ("ResNet", ["layer1.0.conv1.weight"]),
        ("MobileNet V2", ["features.1.conv.0.0.weight"]),
        ("MobileNet V3", ["features.1.block.0.0.weight", "classifier.3.weight"]),
        ("EfficientNet", ["features.1.0.block.0.0.weight"]),
        ("EfficientNet", ["_blocks.0._depthwise_conv.weight"]),
        ("EfficientNet or MobileNet as timm names them", ["blocks.0.0.conv_dw.weight"]),
        ("ConvNeXt", ["features.1.0.layer_scale"]),
        ("ConvNeXt", ["stages.0.blocks.0.conv_dw.weight"]),
        ("MNASNet", ["layers.8.0.layers.0.weight"]),
        ("GhostNet", ["blocks.0.0.ghost1.primary_conv.0.weight"]),
        ("DenseNet", ["features.denseblock1."]),
        ("SqueezeNet", ["features.3.squeeze.weight"]),
        ("GoogLeNet", ["inception3a."]),
        ("Inception V3", ["Mixed_5b."]),
        ("RegNet", ["trunk_output.block1."]),
        ("HRNet", ["stage2.0.branches."]),
        ("VGG or AlexNet", ["features.0.weight", "classifier.6.weight"]),
        ("Swin Transformer", ["attn.relative_position_bias_table"]),
        ("Vision Transformer", ["encoder.layers.encoder_layer_0."]),
        ("Vision Transformer", ["blocks.0.attn.qkv.weight"]),
        ("YOLO", ["model.0.conv.weight"]),
        ("YOLO", ["0.conv.weight", "1.conv.weight"]),
        ("YOLO", ["module_list.0."]),
        ("SSD", ["extras.0.", "loc.0."]),
        ("U-Net", ["down_blocks.0."]),
        ("U-Net", ["inc.double_conv.0.weight"]),
        ("BERT", ["embeddings.word_embeddings.weight"]),
        ("a language model", ["layers.0.self_attn.q_proj.weight"]),
        ("a LoRA adapter", ["lora_A."]),
    ];

    /// <summary>The architecture that names look like; null if none is known.</summary>
    public static string? ArchitectureOf(IEnumerable<string> names)
    {
        string[] dotted = [.. names.Take(MaxNames).Select(name => $".{name}")];
        return s_architectures.FirstOrDefault(
            known => known.Parts.All(part => Array.Exists(dotted, name => name.Contains($".{part}", StringComparison.Ordinal)))).Name;
    }

    /// <summary>Why tensors do not fit; null if nothing tells.</summary>
    public static string? ReasonFor(WeightProblems problems, StateDict tensors)
    {
        string[] missing = problems.Names(WeightProblemKind.Missing), surplus = problems.Names(WeightProblemKind.Surplus);
        string[] misshapen = problems.Names(WeightProblemKind.Shape), unfit = problems.Names(WeightProblemKind.Value);
        if (ArchitectureOf(tensors.Names) is { } other)
        {
            return $"another architecture: the names look like those of {other}";
        }

        if (SharedPrefix(missing, surplus) is { } prefix)
        {
            return $"a wrapper around the network, which puts '{WeightProblems.Shown(prefix)}' before its names";
        }

        if (Ends(surplus, ".weight_orig", ".weight_mask"))
        {
            return "pruning that was not made permanent (torch.nn.utils.prune.remove)";
        }

        if (Ends(surplus, ".weight_g", ".weight_v") || Contain(surplus, "parametrizations."))
        {
            return "weights that are parametrised, as by weight or spectral norm; save the network without";
        }

        if (Ends(surplus, ".scale", ".zero_point") || Contain(surplus, "_packed_params", "fake_quant"))
        {
            return "a quantised network, or one prepared for it; expected the floating-point one";
        }

        if (missing.Length > 0 && Array.TrueForAll(missing, name => Ends([name], ".running_mean", ".running_var")))
        {
            return "only parameters were saved, as some averages of a network do, without the batch norms' running means and variances";
        }

        if (surplus.Any(name => name.EndsWith(".0.bias", StringComparison.Ordinal)) && Ends(missing, ".running_mean"))
        {
            return "batch norms that were folded into convolutions; expected the network as it was trained";
        }

        if ((missing.Length + misshapen.Length > 0) && missing.Concat(misshapen).All(IsClassifier))
        {
            string? found = surplus.FirstOrDefault(name => name.EndsWith(".weight", StringComparison.Ordinal));
            string named = found is null ? "" : $", '{WeightProblems.Shown(found)}',";
            return missing.Length > 0
                ? $"another classifier at the end{named} than a single layer 'fc'"
                : "a classifier of another size than the layers before it or its own bias";
        }

        if (unfit.Length > 0 && missing.Length + surplus.Length + misshapen.Length == 0)
        {
            return "training that diverged, or a damaged file";
        }

        if (misshapen.Length > 0 && missing.Length + surplus.Length == 0)
        {
            return "a variant of the architecture with other widths or groups than torchvision's";
        }

        return surplus.Length == 0 && missing.Length > tensors.Count / 2 ? "a part of the network only, or an interrupted copy" : null;
    }

    private static bool IsClassifier(string name) => name is "fc.weight" or "fc.bias";

    private static bool Contain(string[] names, params string[] parts) =>
        Array.Exists(names, name => Array.Exists(parts, part => name.Contains(part, StringComparison.Ordinal)));

    private static bool Ends(string[] names, params ReadOnlySpan<string> endings)
    {
        foreach (string ending in endings)
        {
            if (Array.Exists(names, name => name.EndsWith(ending, StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }

    // All that is missing is there under longer names.
    private static string? SharedPrefix(string[] missing, string[] surplus)
    {
        if (missing.Length == 0 || missing.Length > surplus.Length)
        {
            return null;
        }

        string? longer = surplus.Where(name => name.EndsWith($".{missing[0]}", StringComparison.Ordinal)).MinBy(name => name.Length);
        string? prefix = longer?[..^missing[0].Length];
        var found = surplus.ToHashSet(StringComparer.Ordinal);
        return prefix is not null && Array.TrueForAll(missing, name => found.Contains(prefix + name)) ? prefix : null;
    }
}
