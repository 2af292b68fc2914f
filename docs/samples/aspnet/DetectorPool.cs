using System.Threading.Channels;
using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Vision.Detection;
using Microsoft.Extensions.Options;

namespace DwEngine.Samples;

/// <summary>What the configuration section "Detector" says.</summary>
internal sealed class DetectorSettings
{
    /// <summary>An ONNX file; null for a network that needs no training.</summary>
    public string? Model { get; set; }

    /// <summary>A text file with one class name on each line.</summary>
    public string? Labels { get; set; }

    /// <summary>Pictures that are computed at the same time, each on one thread. Two of them keep two cores busy.</summary>
    public int Count { get; set; } = Environment.ProcessorCount;

    /// <summary>How long a request waits for a detector before it is refused, in seconds.</summary>
    public double Patience { get; set; } = 2;
}

/// <summary>
/// A fixed number of detectors of one model. They share its weights, and each serves one request at a time. All are made at the start, so
/// that no request pays for it.
/// </summary>
internal sealed class DetectorPool : IDisposable
{
    private readonly Model _model;
    private readonly Detector[] _detectors;
    private readonly Channel<Detector> _idle = Channel.CreateUnbounded<Detector>();
    private readonly TimeSpan _patience;

    public DetectorPool(IOptions<DetectorSettings> options)
    {
        DetectorSettings settings = options.Value;
        if (settings.Count < 1 || settings.Patience is not (>= 0 and <= 3600))
        {
            throw new InvalidOperationException(
                $"Detector:Count must be at least 1 and Detector:Patience 0 to 3600 seconds; found {settings.Count} and "
                    + $"{settings.Patience}.");
        }

        _patience = TimeSpan.FromSeconds(settings.Patience);
        _model = new Model(settings.Model is null ? ColourCells.Build() : OnnxFile.Load(settings.Model).Graph);
        var detector = new DetectorOptions
        {
            Family = settings.Model is null ? DetectorFamily.Named("fastestdet") : null,
            Labels = settings.Model is null ? [.. ColourCells.Labels]
                : settings.Labels is null ? null
                : [.. File.ReadAllLines(settings.Labels)],
        };
        _detectors = new Detector[settings.Count];
        try
        {
            for (int i = 0; i < settings.Count; i++)
            {
                _detectors[i] = new Detector(_model, detector);
                _idle.Writer.TryWrite(_detectors[i]);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>All detectors.</summary>
    public int Count => _detectors.Length;

    /// <summary>Detectors that no request has.</summary>
    public int Idle => _idle.Reader.Count;

    /// <summary>Waits for a detector.</summary>
    /// <returns>The detector, to be given back by disposing; null if none became free in time.</returns>
    public async ValueTask<Lease?> RentAsync(CancellationToken cancellation)
    {
        if (_idle.Reader.TryRead(out Detector? detector))
        {
            return new Lease(this, detector);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_patience);
        try
        {
            return new Lease(this, await _idle.Reader.ReadAsync(limit.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose()
    {
        foreach (Detector? detector in _detectors)
        {
            detector?.Dispose();
        }

        _model.Dispose();
    }

    /// <summary>A detector for one request.</summary>
    public sealed class Lease(DetectorPool pool, Detector detector) : IDisposable
    {
        private Detector? _detector = detector;

        /// <summary>The detector.</summary>
        public Detector Detector => _detector ?? throw new ObjectDisposedException(nameof(Lease));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _detector, null) is { } back)
            {
                pool._idle.Writer.TryWrite(back);
            }
        }
    }
}
