using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision.Detection;

namespace DwEngine.Cli.Evaluation;

/// <summary>What pictures become for a network whose input is no classifier's.</summary>
/// <param name="Preprocessing">What is done to each.</param>
/// <param name="Width">Width of the input in pixels.</param>
/// <param name="Height">Height of the input in pixels.</param>
/// <param name="Text">The words for it, and for who told it.</param>
internal sealed record DetectorInput(DetectorPreprocessing Preprocessing, int Width, int Height, string Text)
{
    /// <summary>Finds out what a network's pictures become.</summary>
    /// <param name="path">The network's file, for messages.</param>
    /// <param name="network">The network.</param>
    /// <param name="given">What the user gave of its metadata.</param>
    /// <param name="settings">What the user gave of the pictures.</param>
    /// <returns>
    /// Null for a network that is prepared for as a classifier: its input is square, no decoder fits its outputs, and the user told nothing
    /// else.
    /// </returns>
    /// <exception cref="CommandException">The network reads no pictures, or no decoder fits that the user named, or several do.</exception>
    public static DetectorInput? Of(string path, Network network, ModelMetadata given, PictureSettings settings)
    {
        Graph graph = network.Graph;
        if (!Classifier.ReadsColours(graph))
        {
            throw new CommandException(
                $"{path}: the network reads {Classifier.InputsText(graph)}; one picture, 1x3xHxW of float32, was expected.");
        }

        Shape shape = graph.Inputs[0].DefaultShape;
        DetectorFamily? family = FamilyOf(path, graph, shape, network.Metadata, settings);
        if (family is null && settings is { Order: null, Fit: null } && shape[2] == shape[3])
        {
            return null;
        }

        ModelMetadata known = network.Metadata, usual = network.Metadata.Or(ModelMetadata.ImageNet);
        DetectorPreprocessing preprocessing = family?.Preprocessing ?? new()
        {
            Mean = usual.Mean!.Value,
            StandardDeviation = usual.StandardDeviation!.Value,
            Order = MegviiShuffleNetV2.IsBlueFirst(known) ? ChannelOrder.Bgr : ChannelOrder.Rgb,
        };
        preprocessing = settings.Apply(preprocessing with
        {
            Mean = known.Mean ?? preprocessing.Mean,
            StandardDeviation = known.StandardDeviation ?? preprocessing.StandardDeviation,
        });
        string text = PictureInputText.Of(preprocessing, shape[3], shape[2], settings, given, known, family);
        return new DetectorInput(preprocessing, shape[3], shape[2], text);
    }

    private static DetectorFamily? FamilyOf(
        string path, Graph graph, Shape input, ModelMetadata known, PictureSettings settings)
    {
        GraphFacts facts = graph.Infer();
        var signature = new DetectorSignature(
            [.. graph.Outputs.Select(output => new SessionValue(output.Name, facts[output.Value].Type, facts[output.Value].Shape))],
            input[3],
            input[2],
            known.Labels?.Length);
        if (settings.Family is null && DetectorFamily.Fitting(signature).IsEmpty)
        {
            return null;
        }

        try
        {
            return DetectorFamily.Choose(signature, settings.Family is { } family ? [family] : []).Family;
        }
        catch (DetectionException error)
        {
            throw new CommandException(
                $"{path}: {error.Message} Options: --decoder {string.Join('|', DetectorFamily.All.Select(family => family.Name))}.", error);
        }
    }
}
