using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Runtime;
using DwEngine.Vision;

namespace DwEngine.Cli.Input;

/// <summary>From image files to logits, one at a time, with a session and buffers of its own.</summary>
internal sealed class ImageRunner : IDisposable
{
    private readonly Preprocessing _preprocessing;
    private readonly Session _session;
    private readonly float[] _input;
    private readonly float[] _logits;

    /// <param name="model">The model.</param>
    /// <param name="options">How it runs; the input's shape must be that of one preprocessed image.</param>
    /// <param name="preprocessing">What is done to each image.</param>
    public ImageRunner(Model model, SessionOptions options, Preprocessing preprocessing)
    {
        _preprocessing = preprocessing;
        _session = model.CreateSession(options);
        _input = new float[preprocessing.OutputLength];
        _logits = new float[checked((int)_session.OutputShape.ElementCount)];
    }

    /// <summary>The logits of one image; valid until the next run.</summary>
    /// <exception cref="FileFormatException">The file is no image that can be decoded.</exception>
    /// <exception cref="CommandException">The logits are not finite.</exception>
    public float[] Run(string path)
    {
        _preprocessing.Apply(ImageDecoder.Load(path), _input);
        _session.Run(_input, _logits);
        RawFloats.RequireFiniteOutput(path, _logits);
        return _logits;
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
