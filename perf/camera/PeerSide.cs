using DwEngine.Vision.Detection;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OpenCvSharp;

namespace DwEngine.CameraComparison;

/// <summary>
/// What a developer writes with ONNX Runtime: OpenCV converts and resizes the frame, a loop normalises it into a new tensor, the session
/// gives new outputs, and these are decoded. Decoding is ours on both sides, so that both find the same.
/// </summary>
internal sealed class PeerSide : ILoopSide
{
    private readonly InferenceSession _session;
    private readonly Mat _converted = new(), _resized = new();
    private readonly IDetectionDecoder _decoder;
    private readonly DetectorPreprocessing _preprocessing;
    private readonly ScoredBox[] _boxes;
    private readonly Scene _scene;
    private readonly Size _size;
    private readonly string _input;

    /// <param name="file">The ONNX file.</param>
    /// <param name="threads">Threads of the session.</param>
    /// <param name="detector">The same network in our engine, which tells how pictures are prepared.</param>
    /// <param name="decoder">What decodes its outputs.</param>
    /// <param name="scene">What the frames are.</param>
    public PeerSide(string file, int threads, Detector detector, IDetectionDecoder decoder, Scene scene)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        Cv2.SetNumThreads(threads);
        _session = new InferenceSession(file, options);
        _input = _session.InputMetadata.Keys.Single();
        _preprocessing = detector.Preprocessing;
        _scene = scene;
        _size = new Size(detector.InputWidth, detector.InputHeight);
        _decoder = decoder;
        _boxes = new ScoredBox[_decoder.MaxBoxes];
    }

    public int Run(byte[] frame)
    {
        using Mat yuyv = Mat.FromPixelData(_scene.Height, _scene.Width, MatType.CV_8UC2, frame);
        Cv2.CvtColor(
            yuyv, _converted,
            _preprocessing.Order == ChannelOrder.Rgb ? ColorConversionCodes.YUV2RGB_YUYV : ColorConversionCodes.YUV2BGR_YUYV);
        Cv2.Resize(_converted, _resized, _size);
        _resized.GetArray(out Vec3b[] pixels);
        var tensor = new DenseTensor<float>([1, 3, _size.Height, _size.Width]);
        Span<float> values = tensor.Buffer.Span;
        int plane = _size.Height * _size.Width;
        for (int channel = 0; channel < 3; channel++)
        {
            (float mean, float deviation) = (_preprocessing.Mean[channel], _preprocessing.StandardDeviation[channel]);
            for (int i = 0; i < plane; i++)
            {
                values[(channel * plane) + i] = ((pixels[i][channel] / 255f) - mean) / deviation;
            }
        }

        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results =
            _session.Run([NamedOnnxValue.CreateFromTensor(_input, tensor)]);
        ReadOnlyMemory<float>[] outputs = [.. results.Select(result => (ReadOnlyMemory<float>)result.AsEnumerable<float>().ToArray())];
        int count = _decoder.Decode(outputs, 0.5f, _boxes);
        return NonMaximumSuppression.Apply(_boxes.AsSpan(0, count), 0.45f);
    }

    public void Dispose()
    {
        _session.Dispose();
        _converted.Dispose();
        _resized.Dispose();
    }
}
