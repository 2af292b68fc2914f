using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Simd;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>What a report in JSON says of how its times were measured.</summary>
internal static class Conditions
{
    /// <summary>Requires them to be those of this process, within the last minutes.</summary>
    public static void Require(JsonElement report, string? isa = null, int threads = 1)
    {
        JsonElement measured = report.GetProperty("measured");
        var date = DateTimeOffset.Parse(measured.GetProperty("date").GetString()!, CultureInfo.InvariantCulture);
        Assert.InRange(DateTimeOffset.UtcNow - date, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Assert.Equal(TimeSpan.Zero, date.Offset);
        Assert.Equal(
            typeof(ExitCode).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            measured.GetProperty("version").GetString());
        Assert.Equal(Processor.Name, measured.GetProperty("cpu").GetString());
        Assert.Equal(Environment.ProcessorCount, measured.GetProperty("logical_processors").GetInt32());
        Assert.Equal(isa ?? Format.Name(Isas.Best), measured.GetProperty("isa").GetString());
        Assert.Equal(threads, measured.GetProperty("threads").GetInt32());
        Assert.StartsWith(RuntimeInformation.OSDescription, measured.GetProperty("os").GetString());
        Assert.StartsWith(".NET", measured.GetProperty("runtime").GetString());
    }
}
