namespace DwEngine.Decomposition.Calibration;

/// <summary>Images on which a network is calibrated, preprocessed as the network wants them.</summary>
public interface ICalibrationImages
{
    /// <summary>How many there are, at least 1.</summary>
    int Count { get; }

    /// <summary>Reads an image. Called from several threads at a time, and more than once for an image where memory is short.</summary>
    /// <param name="index">From 0 to below <see cref="Count"/>.</param>
    /// <param name="nchw">Receives the image in the shape of the graph's input with a batch of 1.</param>
    void Read(int index, Span<float> nchw);
}
