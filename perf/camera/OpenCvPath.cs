using System.Runtime.InteropServices;
using OpenCvSharp;

namespace DwEngine.CameraComparison;

/// <summary>
/// What a developer writes with OpenCV: convert the frame, resize it, split it into planes, and normalise each into its place. All buffers
/// are made once, and mean and deviation are folded into the one scale and shift of the conversion to floats.
/// </summary>
internal sealed class OpenCvPath : IDisposable
{
    private readonly Mat _frame, _converted = new(), _resized = new();
    private readonly Mat[] _planes = [new(), new(), new()], _targets = new Mat[3];
    private readonly ColorConversionCodes _conversion;
    private readonly InterpolationFlags _interpolation;
    private readonly GCHandle _pinnedFrame, _pinnedValues;
    private readonly Size _size;
    private readonly float[] _mean, _deviation;

    public OpenCvPath(Scene scene, byte[] frame, InterpolationFlags interpolation)
    {
        _pinnedFrame = GCHandle.Alloc(frame, GCHandleType.Pinned);
        Values = new float[3 * scene.Side * scene.Side];
        _pinnedValues = GCHandle.Alloc(Values, GCHandleType.Pinned);
        (_mean, _deviation, _interpolation) = (Scene.Mean, Scene.Deviation, interpolation);
        (_conversion, int rows, MatType type) = scene.IsNv12
            ? (ColorConversionCodes.YUV2RGB_NV12, scene.Height * 3 / 2, MatType.CV_8UC1)
            : (ColorConversionCodes.YUV2RGB_YUYV, scene.Height, MatType.CV_8UC2);
        _frame = Mat.FromPixelData(rows, scene.Width, type, _pinnedFrame.AddrOfPinnedObject());
        _size = new Size(scene.Side, scene.Side);
        for (int plane = 0; plane < 3; plane++)
        {
            nint address = _pinnedValues.AddrOfPinnedObject() + (plane * scene.Side * scene.Side * sizeof(float));
            _targets[plane] = Mat.FromPixelData(scene.Side, scene.Side, MatType.CV_32FC1, address);
        }
    }

    /// <summary>The input of the network.</summary>
    public float[] Values { get; }

    public void Run()
    {
        Cv2.CvtColor(_frame, _converted, _conversion);
        Cv2.Resize(_converted, _resized, _size, 0, 0, _interpolation);
        for (int plane = 0; plane < 3; plane++)
        {
            Cv2.ExtractChannel(_resized, _planes[plane], plane);
            _planes[plane].ConvertTo(
                _targets[plane], MatType.CV_32FC1, 1 / (255.0 * _deviation[plane]), -_mean[plane] / _deviation[plane]);
        }
    }

    public void Dispose()
    {
        foreach (Mat mat in (Mat[])[_frame, _converted, _resized, .. _planes, .. _targets])
        {
            mat.Dispose();
        }

        _pinnedFrame.Free();
        _pinnedValues.Free();
    }
}
