using DwEngine.Vision.Detection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DwEngine.Samples;

/// <summary>Ready means that a detector answers: it is given a grey picture. Busy is healthy, too, but said.</summary>
internal sealed class DetectorHealth(DetectorPool pool) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using DetectorPool.Lease? lease = await pool.RentAsync(cancellationToken);
        if (lease is null)
        {
            return HealthCheckResult.Degraded("All detectors are busy.");
        }

        try
        {
            Detector detector = lease.Detector;
            byte[] grey = new byte[3 * detector.InputWidth * detector.InputHeight];
            grey.AsSpan().Fill(128);
            detector.Detect(grey, detector.InputWidth, detector.InputHeight, new DetectedObject[detector.MaxObjects]);
            return HealthCheckResult.Healthy();
        }
        catch (DwEngineException problem)
        {
            return HealthCheckResult.Unhealthy(problem.Message);
        }
    }
}
