using System.Diagnostics.Metrics;

namespace DwEngine.Samples;

/// <summary>
/// What the service tells of itself. <c>dotnet-counters monitor --counters DwEngine.Samples.Detection</c> shows it, and OpenTelemetry
/// exports it.
/// </summary>
internal sealed class DetectorMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "DwEngine.Samples.Detection";

    private readonly Histogram<double> _duration;
    private readonly Counter<long> _objects;
    private readonly Counter<long> _refused;

    public DetectorMetrics(IMeterFactory factory, DetectorPool pool)
    {
        Meter meter = factory.Create(MeterName);
        _duration = meter.CreateHistogram<double>("detection.duration", "s", "Decoding and detection of a picture.");
        _objects = meter.CreateCounter<long>("detection.objects", "{object}", "Objects that were found.");
        _refused = meter.CreateCounter<long>("detection.refused", "{request}", "Requests without an answer, by status.");
        meter.CreateObservableGauge("detection.busy", () => pool.Count - pool.Idle, "{detector}", "Detectors at work.");
    }

    /// <summary>A picture was answered.</summary>
    public void Answered(TimeSpan taken, int objects)
    {
        _duration.Record(taken.TotalSeconds);
        _objects.Add(objects);
    }

    /// <summary>A request was refused.</summary>
    public void Refused(int status) => _refused.Add(1, new KeyValuePair<string, object?>("status", status));
}
