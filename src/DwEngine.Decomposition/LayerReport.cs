using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>What happened to a layer.</summary>
public enum LayerDecision
{
    /// <summary>A pair of convolutions stands in its place.</summary>
    Decomposed,

    /// <summary>It is as it was.</summary>
    LeftAlone,
}

/// <summary>What became of one regular convolution, and what it costs, for the graph's default input shape.</summary>
/// <param name="Name">The name of the regular convolution's node.</param>
/// <param name="Shape">
/// Weights of the composite convolution, all linear layers that are decomposed as one: output channels x input channels of a group x kernel
/// height x kernel width.
/// </param>
/// <param name="Groups">Groups that are decomposed each on its own.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Rank">Depthwise filters for each input channel.</param>
/// <param name="Decision">What happened.</param>
/// <param name="Reason">Why, in a few words.</param>
public sealed record LayerReport(
    string Name, Shape Shape, int Groups, string Method, int Rank, LayerDecision Decision, string Reason)
{
    /// <summary>
    /// || W - W^ ||^2 / || W ||^2 over the composite's weights: the relative error of the response to white noise. 0 if left alone.
    /// </summary>
    public double RelativeError { get; init; }

    /// <summary>
    /// E || y - y^ ||^2 / E || y ||^2 of the responses on the calibration data, where y^ has its x from the network that the method looks
    /// at; null without data.
    /// </summary>
    public double? ResponseError { get; init; }

    /// <summary>Output positions that the calibration sampled of the layer; 0 without data.</summary>
    public long Positions { get; init; }

    /// <summary>
    /// The share that the pair keeps of what the method approximates, 0 to 1, see <see cref="DecompositionResult.RetainedEnergy"/>.
    /// </summary>
    public double RetainedEnergy { get; init; } = 1;

    /// <summary>Measured milliseconds of the composite's layers before; null if not measured.</summary>
    public double? MillisecondsBefore { get; init; }

    /// <summary>Measured milliseconds of the pair, whether or not it was put in their place; null if not measured.</summary>
    public double? MillisecondsAfter { get; init; }

    /// <summary>Multiply-adds of the composite's layers before.</summary>
    public required long MultiplyAddsBefore { get; init; }

    /// <summary>Multiply-adds of the layers in their place.</summary>
    public required long MultiplyAddsAfter { get; init; }

    /// <summary>Trained values of the composite's layers before.</summary>
    public required long ParametersBefore { get; init; }

    /// <summary>Trained values of the layers in their place.</summary>
    public required long ParametersAfter { get; init; }
}
