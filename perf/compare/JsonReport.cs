using System.Text.Json;
using DwEngine.Runtime;

namespace DwEngine.Compare;

/// <summary>Results for machines.</summary>
internal static class JsonReport
{
    /// <summary>Writes one JSON object. Times are in milliseconds, shares and ratios are plain numbers.</summary>
    public static void Write(ComparisonResult result, Stream output)
    {
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("peak_gmacs_per_core", result.PeakGmacsPerCore);
            json.WriteString("peak_isa", NameOf(result.PeakIsa));
            json.WriteNumber("peak_windows_near_best", result.Quiet);
            json.WriteString("cpu", result.Cpu);
            json.WriteString("isa", NameOf(result.Isa));
            json.WriteString("peer", $"ONNX Runtime {result.PeerVersion}");
            json.WriteNumber("elapsed_s", result.Elapsed.TotalSeconds);
            // What was left out has no key.
            WriteConfigurations(json, result);
            if (result.RuntimeAlone is { } runtimeAlone)
            {
                WriteLoads(json, result);
                WriteProcesses(json, result, runtimeAlone);
            }

            if (result.Idle is { } idle)
            {
                WriteIdle(json, idle);
            }

            WriteTails(json, result);
            WritePaced(json, result);
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    /// <summary>The name of an instruction set as options spell it.</summary>
    public static string NameOf(Enum isa) => isa.ToString().ToLowerInvariant();

    private static void WriteConfigurations(Utf8JsonWriter json, ComparisonResult result)
    {
        if (result.Configurations.IsEmpty)
        {
            return;
        }

        json.WriteStartArray("results");
        foreach (ConfigurationResult row in result.Configurations)
        {
            json.WriteStartObject();
            json.WriteString("model", row.Model);
            json.WriteNumber("threads", row.Threads);
            json.WriteNumber("batch", row.Batch);
            json.WriteNumber("peer_ms", row.PeerMs);
            json.WriteNumber("ours_ms", row.OursMs);
            json.WriteNumber("ratio", row.Ratio);
            json.WriteNumber("share_of_peak", row.ShareOf(result.PeakGmacsPerCore));
            json.WriteNumber("max_abs_diff", row.OutputDifference.MaxAbsoluteDifference);
            json.WriteNumber("relative_diff", row.OutputDifference.RelativeDifference);
            json.WriteNumber("ratio_of_rounds_median", row.Samples.RoundRatios.Median);
            json.WriteNumber("ratio_of_rounds_lower_quartile", row.Samples.RoundRatios.Quantile(0.25));
            json.WriteNumber("ratio_of_rounds_upper_quartile", row.Samples.RoundRatios.Quantile(0.75));
            json.WriteNumber("rounds", row.Samples.RoundRatios.Count);
            json.WriteNumber("multiply_adds", row.MultiplyAdds);
            foreach (Engine engine in Enum.GetValues<Engine>())
            {
                WriteSide(json, Engines.WordOf(engine), row.Samples.Runs[engine], row.Allocated[engine]);
            }

            json.WriteNumber("peer_calls_per_run", row.PeerCalls);
            if (row.PeerObstacle is not null)
            {
                json.WriteString("peer_batch_obstacle", row.PeerObstacle);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSide(Utf8JsonWriter json, string side, Timing timing, long allocated)
    {
        json.WriteNumber($"{side}_runs", timing.Count);
        json.WriteNumber($"{side}_min_ms", timing.Quantile(double.Epsilon));
        json.WriteNumber($"{side}_p99_over_median", timing.Quantile(0.99) / timing.Median);
        json.WriteNumber($"{side}_allocated_bytes_per_run", allocated);
    }

    private static void WriteLoads(Utf8JsonWriter json, ComparisonResult result)
    {
        json.WriteStartArray("loading");
        foreach (LoadResult row in result.Loads)
        {
            json.WriteStartObject();
            json.WriteString("model", row.Model);
            json.WriteNumber("ours_weights_ms", row.Weights);
            json.WriteNumber("ours_safetensors_ms", row.SafeTensors);
            json.WriteNumber("peer_ms", row.Peer);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteProcesses(Utf8JsonWriter json, ComparisonResult result, ProcessFacts runtimeAlone)
    {
        json.WriteStartArray("processes");
        foreach (ProcessResult row in result.Processes)
        {
            json.WriteStartObject();
            json.WriteString("model", row.Model);
            foreach (Engine engine in Enum.GetValues<Engine>())
            {
                WriteFacts(json, Engines.WordOf(engine) + "_", row.Sides[engine]);
            }

            if (row.Tool is { } tool)
            {
                json.WriteNumber("tool_start_to_answer_ms", tool);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("runtime_alone");
        WriteFacts(json, "", runtimeAlone);
        json.WriteEndObject();
    }

    private static void WriteIdle(Utf8JsonWriter json, IdleResult idle)
    {
        json.WriteStartObject("idle");
        json.WriteString("model", idle.Model);
        json.WriteNumber("seconds", IdleProcess.Seconds);
        json.WriteNumber("sessions", IdleProcess.Sessions);
        foreach (Engine engine in Enum.GetValues<Engine>())
        {
            json.WriteNumber($"{Engines.WordOf(engine)}_cpu_ms", idle.Milliseconds[engine]);
        }

        json.WriteEndObject();
    }

    private static void WriteTails(Utf8JsonWriter json, ComparisonResult result)
    {
        if (result.Tails.IsEmpty)
        {
            return;
        }

        json.WriteStartArray("tails");
        foreach (TailResult row in result.Tails)
        {
            json.WriteStartObject();
            json.WriteString("model", row.Model);
            json.WriteNumber("threads", row.Threads);
            json.WriteNumber("runs", row.Runs.Count);
            json.WriteNumber("median_ms", row.Runs.Median);
            json.WriteNumber("p99_ms", row.P99Ms);
            json.WriteNumber("ratio", row.Ratio);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePaced(Utf8JsonWriter json, ComparisonResult result)
    {
        if (result.Paced.IsEmpty)
        {
            return;
        }

        json.WriteStartArray("paced");
        foreach (PacedResult row in result.Paced)
        {
            json.WriteStartObject();
            json.WriteString("model", row.Model);
            json.WriteNumber("threads", row.Threads);
            json.WriteNumber("hz", row.Hertz);
            foreach (Engine engine in Enum.GetValues<Engine>())
            {
                (string side, PacedFacts facts) = (Engines.WordOf(engine), row.Sides[engine]);
                json.WriteNumber($"{side}_p50_ms", facts.Latencies.Median);
                json.WriteNumber($"{side}_p99_ms", facts.Latencies.Quantile(0.99));
                json.WriteNumber($"{side}_cpu_share", facts.CpuShare);
                json.WriteNumber($"{side}_frames", facts.Latencies.Count);
                json.WriteNumber($"{side}_dropped", facts.Dropped);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFacts(Utf8JsonWriter json, string prefix, ProcessFacts facts)
    {
        json.WriteNumber($"{prefix}start_to_answer_ms", facts.StartToAnswer);
        json.WriteNumber($"{prefix}load_ms", facts.Load);
        json.WriteNumber($"{prefix}peak_memory_bytes", facts.PeakBytes);
    }
}
