using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Runtime;
using DwEngine.Simd;

namespace DwEngine.Cli.Measurement;

/// <summary>When, by what and on which machine times were measured. Times of different conditions are not comparable.</summary>
internal sealed record MeasuringConditions
{
    /// <summary>When, in coordinated universal time.</summary>
    public required DateTime Date { get; init; }

    /// <summary>This program's version.</summary>
    public required string Version { get; init; }

    /// <summary>The CPU's name.</summary>
    public required string Cpu { get; init; }

    /// <summary>How many logical processors the process may use.</summary>
    public required int Processors { get; init; }

    /// <summary>The instruction set whose kernels ran.</summary>
    public required Isa Isa { get; init; }

    /// <summary>Threads that worked on one run.</summary>
    public required int Threads { get; init; }

    /// <summary>The operating system, and for which architecture it is.</summary>
    public required string Platform { get; init; }

    /// <summary>The .NET runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary>The conditions of a measurement of a session, now and in this process.</summary>
    public static MeasuringConditions Of(Session session) => new()
    {
        Date = DateTime.UtcNow,
        Version = typeof(MeasuringConditions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
        Cpu = Processor.Name,
        Processors = Environment.ProcessorCount,
        Isa = session.Isa,
        Threads = session.Threads,
        Platform = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}",
        Runtime = RuntimeInformation.FrameworkDescription,
    };

    /// <summary>Names and values.</summary>
    public IEnumerable<string[]> Rows() =>
    [
        ["date", Date.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)],
        ["version", $"dw {Version}"],
        ["CPU", Cpu],
        ["logical processors", Format.Count(Processors)],
        ["instruction set", Format.Name(Isa)],
        ["threads", Format.Count(Threads)],
        ["operating system", Platform],
        ["runtime", Runtime],
    ];

    /// <summary>Writes one object, <c>measured</c>.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject("measured");
        json.WriteString("date", Date.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteString("version", Version);
        json.WriteString("cpu", Cpu);
        json.WriteNumber("logical_processors", Processors);
        json.WriteString("isa", Format.Name(Isa));
        json.WriteNumber("threads", Threads);
        json.WriteString("os", Platform);
        json.WriteString("runtime", Runtime);
        json.WriteEndObject();
    }
}
