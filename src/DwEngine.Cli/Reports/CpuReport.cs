using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Simd;
using Spectre.Console;

namespace DwEngine.Cli.Reports;

/// <summary>What this machine's CPU offers, and which of it is used.</summary>
internal sealed class CpuReport : IReport
{
    public IEnumerable<string> Notes => Isas.LeftOut is { } better
        ? [$"this CPU has {Format.Name(better)}, but this process may not use it: see the DOTNET_Enable... variables."]
        : [];

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("cpu", Processor.Name);
        json.WriteNumber("logical_processors", Environment.ProcessorCount);
        json.WriteString("isa", Format.Name(Isas.Best));
        json.WriteStrings("supported", Isas.Supported.Select(Format.Name));
        json.WriteString("left_out", Isas.LeftOut is { } better ? Format.Name(better) : null);
        json.WriteBoolean("reproducible", Isas.IsReproducible(Isas.Best));
    }

    public void WriteText(IAnsiConsole console)
    {
        var table = new TextTable("CPU", "value");
        table.AddRow("name", Processor.Name);
        table.AddRow("logical processors", Format.Count(Environment.ProcessorCount));
        table.AddRow("instruction set in use", Format.Name(Isas.Best));
        table.AddRow("supported", string.Join(", ", Isas.Supported.Select(Format.Name)));
        table.AddRow("left out", Isas.LeftOut is { } better ? Format.Name(better) : "none");
        table.AddRow("same bits as other machines", Isas.IsReproducible(Isas.Best) ? "yes" : "no");
        table.WriteTo(console);
    }
}
