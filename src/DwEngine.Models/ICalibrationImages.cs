namespace DwEngine.Models;

/// <summary>Images on which a network is calibrated, preprocessed as the network wants them.</summary>
public interface ICalibrationImages
{
    /// <summary>How many there are, at least 1.</summary>
    int Count { get; }

    /// <summary>
    /// How images are prepared: size, mean and the like. Statistics of images that were prepared otherwise are not added to theirs.
    /// </summary>
    string Preparation => "";

    /// <summary>
    /// A number that tells an image from others, so that none is counted twice in statistics that are gathered in parts; null if there is
    /// none.
    /// </summary>
    /// <param name="index">From 0 to below <see cref="Count"/>.</param>
    long? IdentityOf(int index) => null;

    /// <summary>Reads an image. Called from several threads at a time, and more than once for an image where memory is short.</summary>
    /// <param name="index">From 0 to below <see cref="Count"/>.</param>
    /// <param name="nchw">Receives the image in the shape of the graph's input with a batch of 1.</param>
    void Read(int index, Span<float> nchw);
}
