using DwEngine.Models;

namespace DwEngine.Decomposition.Calibration;

/// <summary>The images from a number on.</summary>
/// <param name="images">All images.</param>
/// <param name="first">The first that is left, below the count.</param>
internal sealed class ImageRange(ICalibrationImages images, int first) : ICalibrationImages
{
    public int Count => images.Count - first;

    public string Preparation => images.Preparation;

    public long? IdentityOf(int index) => images.IdentityOf(first + index);

    public void Read(int index, Span<float> nchw) => images.Read(first + index, nchw);
}
