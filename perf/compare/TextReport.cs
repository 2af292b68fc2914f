using System.Globalization;
using DwEngine.Runtime;
using Spectre.Console;

namespace DwEngine.Compare;

/// <summary>Results for people.</summary>
internal static class TextReport
{
    // Wide enough for every table: a file or a pipe has no width of its own.
    private const int Width = 150;

    /// <summary>Writes the tables and what their figures mean.</summary>
    public static void Write(ComparisonResult result, TextWriter output)
    {
        IAnsiConsole console =
            AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = Width;
        output.WriteLine($"{result.Cpu}; DwEngine with {JsonReport.NameOf(result.Isa)} against ONNX Runtime {result.PeerVersion}");
        output.WriteLine(Text(
            $"peak of a core: {result.PeakGmacsPerCore:f1} G multiply-adds a second ({JsonReport.NameOf(result.PeakIsa)}); ",
            $"{result.Quiet:p0} of its windows came within 5 % of that"));
        output.WriteLine();
        if (!result.Configurations.IsEmpty)
        {
            console.Write(Speed(result));
            WriteSpeedNotes(result, output);
        }

        if (!result.Paced.IsEmpty)
        {
            console.Write(Paced(result));
            output.WriteLine(Text(
                $"One image at {result.Paced[0].Hertz} Hz: milliseconds from when a frame is due to its answer, and CPU time in parts of ",
                $"a core."));
            foreach ((PacedResult row, Engine engine) in result.Paced.SelectMany(
                _ => Enum.GetValues<Engine>(), (row, engine) => (row, engine)))
            {
                if (row.Sides[engine].Dropped is > 0 and var dropped)
                {
                    output.WriteLine($"{row.Model}, threads {row.Threads}: {Engines.NameOf(engine)} did not come to {dropped} frames.");
                }
            }

            output.WriteLine();
        }

        if (result.RuntimeAlone is { } alone)
        {
            console.Write(Starting(result));
            output.WriteLine(Text(
                $"A .NET process without an engine: {alone.StartToAnswer:f0} ms and {alone.PeakBytes / (1 << 20):f0} MiB. Cold is a new ",
                $"process, warm the same process again."));
        }

        if (result.Idle is { Milliseconds: var idle } facts)
        {
            output.WriteLine(Text(
                $"CPU time in {IdleProcess.Seconds} s with {IdleProcess.Sessions} idle sessions: {Engines.NameOf(Engine.Ours)} ",
                $"{idle.Ours:f1} ms, {Engines.NameOf(Engine.Peer)} {idle.Peer:f1} ms ({facts.Model})."));
            output.WriteLine();
        }

        if (!result.Tails.IsEmpty)
        {
            console.Write(Tails(result));
            output.WriteLine("Runs of DwEngine back to back, batch 1, without ONNX Runtime between them.");
        }

        output.WriteLine(Text($"The whole comparison took {result.Elapsed.TotalSeconds:f0} s."));
    }

    private static void WriteSpeedNotes(ComparisonResult result, TextWriter output)
    {
        output.WriteLine("Medians of runs in turns. peer: ONNX Runtime, ours: DwEngine; ratio: peer over ours, and its quartiles over "
            + "the rounds; of peak, B/run (managed bytes): ours.");
        foreach (ConfigurationResult row in result.Configurations.Where(row => row.PeerCalls > 1))
        {
            output.WriteLine($"{row.Model}, batch {row.Batch}: ONNX Runtime is called {row.PeerCalls} times a run ({row.PeerObstacle}).");
        }

        output.WriteLine();
    }

    private static Table Speed(ComparisonResult result)
    {
        Table table = NewTable(
            "model", ">threads", ">batch", ">peer ms", ">ours ms", ">ratio", ">quartiles", ">of peak", ">p99/median", ">(peer)", ">B/run",
            ">max diff");
        foreach (ConfigurationResult row in result.Configurations)
        {
            Timing ratios = row.Samples.RoundRatios, ours = row.Samples.Runs.Ours, peer = row.Samples.Runs.Peer;
            Add(
                table,
                row.Model,
                Text($"{row.Threads}"),
                Text($"{row.Batch}"),
                Text($"{row.PeerMs:f3}"),
                Text($"{row.OursMs:f3}"),
                Text($"{row.Ratio:f2}"),
                Text($"{ratios.Quantile(0.25):f2} {ratios.Quantile(0.75):f2}"),
                Text($"{row.ShareOf(result.PeakGmacsPerCore):p0}"),
                Text($"{ours.Quantile(0.99) / ours.Median:f2}"),
                Text($"{peer.Quantile(0.99) / peer.Median:f2}"),
                Text($"{row.Allocated.Ours}"),
                Text($"{row.OutputDifference.MaxAbsoluteDifference:0.0e-0}"));
        }

        return table;
    }

    private static Table Starting(ComparisonResult result)
    {
        Table table = NewTable("model", "engine", ">start to answer ms", ">load, cold ms", ">load, warm ms", ">peak memory MiB");
        foreach ((LoadResult load, ProcessResult process) in result.Loads.Zip(result.Processes))
        {
            (ProcessFacts ours, ProcessFacts peer) = process.Sides;
            Add(
                table,
                load.Model,
                Engines.NameOf(Engine.Ours),
                Text($"{ours.StartToAnswer:f0}"),
                Text($"{ours.Load:f1}"),
                Text($"{load.SafeTensors:f1} ({load.Weights:f1} from the weights given)"),
                Text($"{ours.PeakBytes / (1 << 20):f0}"));
            Add(
                table,
                "",
                Engines.NameOf(Engine.Peer),
                Text($"{peer.StartToAnswer:f0}"),
                Text($"{peer.Load:f1}"),
                Text($"{load.Peer:f1}"),
                Text($"{peer.PeakBytes / (1 << 20):f0}"));
            if (process.Tool is { } tool)
            {
                Add(table, "", "dw run", Text($"{tool:f0}"), "", "", "");
            }
        }

        return table;
    }

    private static Table Paced(ComparisonResult result)
    {
        Table table = NewTable(
            "model", ">threads", ">peer p50 ms", ">peer p99 ms", ">peer of a core", ">ours p50 ms", ">ours p99 ms", ">ours of a core");
        foreach (PacedResult row in result.Paced)
        {
            (PacedFacts ours, PacedFacts peer) = row.Sides;
            Add(
                table,
                row.Model,
                Text($"{row.Threads}"),
                Text($"{peer.Latencies.Median:f2}"),
                Text($"{peer.Latencies.Quantile(0.99):f2}"),
                Text($"{peer.CpuShare:p0}"),
                Text($"{ours.Latencies.Median:f2}"),
                Text($"{ours.Latencies.Quantile(0.99):f2}"),
                Text($"{ours.CpuShare:p0}"));
        }

        return table;
    }

    private static Table Tails(ComparisonResult result)
    {
        Table table = NewTable("model", ">threads", ">runs", ">median ms", ">p99 ms", ">p99/median");
        foreach (TailResult row in result.Tails)
        {
            Add(
                table,
                row.Model,
                Text($"{row.Threads}"),
                Text($"{row.Runs.Count}"),
                Text($"{row.Runs.Median:f3}"),
                Text($"{row.P99Ms:f3}"),
                Text($"{row.Ratio:f2}"));
        }

        return table;
    }

    private static Table NewTable(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            table.AddColumn(new TableColumn(
                new Text(right ? column[1..] : column))
            { Alignment = right ? Justify.Right : Justify.Left, NoWrap = true });
        }

        return table;
    }

    private static void Add(Table table, params ReadOnlySpan<string> cells)
    {
        var texts = new Text[cells.Length];
        for (int i = 0; i < cells.Length; i++)
        {
            texts[i] = new Text(cells[i]);
        }

        table.AddRow(texts);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Text(FormattableString text, FormattableString more) => Text(text) + Text(more);
}
