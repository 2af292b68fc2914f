using System.Globalization;
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
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = Width;
        output.WriteLine($"{result.Cpu}; DwEngine with {JsonReport.NameOf(result.Isa)} against ONNX Runtime {result.PeerVersion}");
        output.WriteLine(Text(
            $"peak of a core: {result.PeakGmacsPerCore:f1} G multiply-adds a second ({JsonReport.NameOf(result.PeakIsa)}); {result.Quiet:p0} of its windows came within 5 % of that"));
        output.WriteLine();
        console.Write(Speed(result));
        output.WriteLine("Medians of runs in turns. peer: ONNX Runtime, ours: DwEngine; ratio: peer over ours, and its quartiles over the rounds; of peak, B/run (managed bytes): ours.");
        foreach (ConfigurationResult row in result.Configurations.Where(row => row.PeerCalls > 1))
        {
            output.WriteLine($"{row.Model}, batch {row.Batch}: ONNX Runtime is called {row.PeerCalls} times a run ({row.PeerObstacle}).");
        }

        output.WriteLine();
        console.Write(Starting(result));
        output.WriteLine(Text(
            $"A .NET process without an engine: {result.RuntimeAlone.StartToAnswer:f0} ms and {result.RuntimeAlone.PeakBytes / (1 << 20):f0} MiB. Cold is a new process, warm the same process again."));
        output.WriteLine(Text(
            $"CPU time in {IdleProcess.Seconds} s with {IdleProcess.Sessions} idle sessions: DwEngine {result.Idle.OursMs:f1} ms, ONNX Runtime {result.Idle.PeerMs:f1} ms ({result.Idle.Model})."));
        output.WriteLine();
        console.Write(Tails(result));
        output.WriteLine("Runs of DwEngine back to back, batch 1, without ONNX Runtime between them.");
        output.WriteLine(Text($"The whole comparison took {result.Elapsed.TotalSeconds:f0} s."));
    }

    private static Table Speed(ComparisonResult result)
    {
        Table table = NewTable(
            "model", ">threads", ">batch", ">peer ms", ">ours ms", ">ratio", ">quartiles", ">of peak", ">p99/median", ">(peer)", ">B/run", ">max diff");
        foreach (ConfigurationResult row in result.Configurations)
        {
            Timing ratios = row.Samples.RoundRatios, ours = row.Samples.Ours, peer = row.Samples.Peer;
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
                Text($"{row.OursAllocated}"),
                Text($"{row.Agreement.MaxAbsoluteDifference:0.0e-0}"));
        }

        return table;
    }

    private static Table Starting(ComparisonResult result)
    {
        Table table = NewTable("model", "engine", ">start to answer ms", ">load, cold ms", ">load, warm ms", ">peak memory MiB");
        foreach ((LoadResult load, ProcessResult process) in result.Loads.Zip(result.Processes))
        {
            Add(
                table,
                load.Model,
                "DwEngine",
                Text($"{process.Ours.StartToAnswer:f0}"),
                Text($"{process.Ours.Load:f1}"),
                Text($"{load.SafeTensors:f1} ({load.Weights:f1} from the weights given)"),
                Text($"{process.Ours.PeakBytes / (1 << 20):f0}"));
            Add(
                table,
                "",
                "ONNX Runtime",
                Text($"{process.Peer.StartToAnswer:f0}"),
                Text($"{process.Peer.Load:f1}"),
                Text($"{load.Peer:f1}"),
                Text($"{process.Peer.PeakBytes / (1 << 20):f0}"));
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
            table.AddColumn(new TableColumn(new Text(right ? column[1..] : column)) { Alignment = right ? Justify.Right : Justify.Left, NoWrap = true });
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
}
