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

    /// <summary>The share of the weights' squared singular values that the pair keeps, 0 to 1.</summary>
    public double RetainedEnergy { get; init; } = 1;

    /// <summary>Multiply-adds of the composite's layers before.</summary>
    public required long MultiplyAddsBefore { get; init; }

    /// <summary>Multiply-adds of the layers in their place.</summary>
    public required long MultiplyAddsAfter { get; init; }

    /// <summary>Trained values of the composite's layers before.</summary>
    public required long ParametersBefore { get; init; }

    /// <summary>Trained values of the layers in their place.</summary>
    public required long ParametersAfter { get; init; }
}
