using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;

namespace DwEngine.Samples;

/// <summary>Starts the service on a free port, asks it as clients do, and tells what was wrong.</summary>
internal static class SelfCheck
{
    private static int s_wrong;

    /// <summary>Runs all questions.</summary>
    /// <returns>0 if all answers were right.</returns>
    public static async Task<int> Run()
    {
        await using WebApplication app = DetectionService.Build(
            ["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Warning", "--Detector:Patience=5"]);
        var measured = new Measurements();
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        await Expect("live", client, "/health/live", "Healthy");
        await Expect("ready", client, "/health/ready", "Healthy");
        await Task.WhenAll(Enumerable.Range(0, 64).Select(i => ExpectCell(client, i % 8, i / 8, i % 3)));
        await ExpectStatus("what is no picture", client, new byte[100], HttpStatusCode.BadRequest);
        await ExpectStatus("half a picture", client, MadePicture.Png(1, 1, 1)[..^200], HttpStatusCode.BadRequest);
        await ExpectStatus("nothing", client, [], HttpStatusCode.BadRequest);
        await ExpectStatus("too much", client, new byte[DetectionService.MaxPictureBytes + 1], HttpStatusCode.RequestEntityTooLarge);
        await ExpectCell(client, 7, 7, 2);
        await Expect("ready", client, "/health/ready", "Healthy");
        await ExpectBusy(app, client);
        measured.Dispose();
        Tell(measured.Pictures == 65, $"metrics count {measured.Pictures} pictures; expected 65");
        Tell(measured.Objects == 65, $"metrics count {measured.Objects} objects; expected 65");
        Tell(measured.Refused == 5, $"metrics count {measured.Refused} refused requests; expected 5");
        await app.StopAsync();
        Console.WriteLine(s_wrong == 0 ? "all answers were right" : $"{s_wrong} answers were wrong");
        return s_wrong == 0 ? 0 : 1;
    }

    private static async Task ExpectCell(HttpClient client, int column, int row, int channel)
    {
        using HttpResponseMessage response = await client.PostAsync("/detect", new ByteArrayContent(MadePicture.Png(column, row, channel)));
        string text = await response.Content.ReadAsStringAsync();
        Answer? answer = response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<Answer>() : null;
        string label = channel switch { 0 => "red", 1 => "green", _ => "blue" };
        float width = MadePicture.Width / (float)ColourCells.Grid, height = MadePicture.Height / (float)ColourCells.Grid;
        float[] box = [column * width, row * height, (column + 1) * width, (row + 1) * height];
        bool isRight = answer is { Detections: [var found] } && found.Label == label
            && found.Box.Zip(box).All(pair => Math.Abs(pair.First - pair.Second) < 2);
        Tell(isRight, $"{label} at column {column}, row {row}: {(int)response.StatusCode} {text}");
    }

    // Somebody has all detectors.
    private static async Task ExpectBusy(WebApplication app, HttpClient client)
    {
        DetectorPool pool = app.Services.GetRequiredService<DetectorPool>();
        var leases = new List<DetectorPool.Lease?>();
        for (int i = 0; i < pool.Count; i++)
        {
            leases.Add(await pool.RentAsync(CancellationToken.None));
        }

        await ExpectStatus("busy", client, MadePicture.Png(0, 0, 0), HttpStatusCode.ServiceUnavailable);
        leases.ForEach(lease => lease?.Dispose());
        await Expect("ready after that", client, "/health/ready", "Healthy");
    }

    private static async Task ExpectStatus(string what, HttpClient client, byte[] body, HttpStatusCode expected)
    {
        // So that a body which is too large is refused before it is sent.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/detect") { Content = new ByteArrayContent(body) };
        request.Headers.ExpectContinue = true;
        using HttpResponseMessage response = await client.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Tell(response.StatusCode == expected, $"{what}: {(int)response.StatusCode} {text}; expected {(int)expected}");
    }

    private static async Task Expect(string what, HttpClient client, string path, string expected)
    {
        string found = await client.GetStringAsync(path);
        Tell(found == expected, $"{what}: {found}; expected {expected}");
    }

    private static void Tell(bool isRight, string what)
    {
        if (!isRight)
        {
            Interlocked.Increment(ref s_wrong);
            Console.WriteLine(what);
        }
    }

    // What an exporter of metrics would see.
    private sealed class Measurements : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _pictures, _objects, _refused;

        public Measurements()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == DetectorMetrics.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _pictures));
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
                Interlocked.Add(ref instrument.Name == "detection.objects" ? ref _objects : ref _refused, value));
            _listener.Start();
        }

        public long Pictures => Interlocked.Read(ref _pictures);

        public long Objects => Interlocked.Read(ref _objects);

        public long Refused => Interlocked.Read(ref _refused);

        public void Dispose() => _listener.Dispose();
    }
}
