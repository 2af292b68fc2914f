using System.Diagnostics;
using DwEngine.Vision;
using DwEngine.Vision.Detection;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace DwEngine.Samples;

/// <summary>What the service answers for a picture. A box is x1, y1, x2, y2 in pixels of the picture.</summary>
internal sealed record Answer(int Width, int Height, double Milliseconds, IReadOnlyList<AnsweredObject> Detections);

/// <summary>One object of an answer.</summary>
internal sealed record AnsweredObject(string Label, float Score, float[] Box);

/// <summary>The routes of the service, and what they need.</summary>
internal static class DetectionService
{
    /// <summary>The largest picture that is taken, in bytes of its file.</summary>
    public const int MaxPictureBytes = 16 << 20;

    /// <summary>Builds the service from the command line, the environment and appsettings.json, as every ASP.NET Core program.</summary>
    public static WebApplication Build(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.Configure<DetectorSettings>(builder.Configuration.GetSection("Detector"));
        builder.Services.AddSingleton<DetectorPool>();
        builder.Services.AddSingleton<DetectorMetrics>();
        builder.Services.AddHealthChecks().AddCheck<DetectorHealth>("detector", tags: ["ready"]);
        builder.Services.AddProblemDetails();
        builder.WebHost.ConfigureKestrel(options => options.Limits.MaxRequestBodySize = MaxPictureBytes);

        WebApplication app = builder.Build();
        // A wrong model ends the program here, not the first request.
        app.Services.GetRequiredService<DetectorPool>();
        app.MapPost("/detect", Detect);
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") });
        return app;
    }

    // The body is the file of a picture: JPEG or PNG.
    private static async Task<IResult> Detect(
        HttpRequest request, DetectorPool pool, DetectorMetrics metrics, CancellationToken cancellation)
    {
        byte[] file;
        try
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, cancellation);
            file = body.ToArray();
        }
        catch (BadHttpRequestException problem)
        {
            metrics.Refused(problem.StatusCode);
            return Results.Problem(problem.Message, statusCode: problem.StatusCode);
        }

        using DetectorPool.Lease? lease = await pool.RentAsync(cancellation);
        if (lease is null)
        {
            metrics.Refused(StatusCodes.Status503ServiceUnavailable);
            request.HttpContext.Response.Headers.RetryAfter = "1";
            return Results.Problem("All detectors are busy.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        try
        {
            // Within the lease, so that no more pictures are in memory than there are detectors.
            long start = Stopwatch.GetTimestamp();
            RgbImage picture = ImageDecoder.Decode(file, "the picture");
            IReadOnlyList<DetectedObject> found = lease.Detector.Detect(picture);
            TimeSpan taken = Stopwatch.GetElapsedTime(start);
            metrics.Answered(taken, found.Count);
            return Results.Ok(new Answer(
                picture.Width,
                picture.Height,
                taken.TotalMilliseconds,
                [.. found.Select(one => new AnsweredObject(one.Label, one.Score, [one.Box.X1, one.Box.Y1, one.Box.X2, one.Box.Y2]))]));
        }
        catch (DwEngineException problem)
        {
            metrics.Refused(StatusCodes.Status400BadRequest);
            return Results.Problem(problem.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }
}
