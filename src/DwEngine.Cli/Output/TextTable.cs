using System.Collections.Immutable;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DwEngine.Cli.Output;

/// <summary>
/// A table of plain text: what stands in a cell is never taken for markup. Where the console is too narrow for it, it loses columns, and
/// then folds text; numbers are never broken.
/// </summary>
internal sealed class TextTable
{
    private readonly ImmutableArray<string> _columns;
    private readonly List<string[]> _rows = [];

    /// <summary>Starts a table.</summary>
    /// <param name="columns">The headings; a leading <c>&gt;</c> aligns a column to the right, as numbers are.</param>
    public TextTable(params ReadOnlySpan<string> columns) => _columns = [.. columns];

    /// <summary>Columns that the table can do without, in the order in which it loses them where room is short.</summary>
    public ImmutableArray<Range> Droppable { get; init; } = [];

    /// <summary>Adds a row with one cell for each column.</summary>
    public void AddRow(params ReadOnlySpan<string> cells) => _rows.Add(cells.ToArray());

    /// <summary>Writes the table, and in a line below it what it lost.</summary>
    public void WriteTo(IAnsiConsole console)
    {
        List<int> kept = [.. Enumerable.Range(0, _columns.Length)];
        Table table = Build(kept, folds: false);
        var dropped = new List<int>();
        foreach (Range range in Droppable)
        {
            if (Fits(table, console))
            {
                break;
            }

            (int start, int length) = range.GetOffsetAndLength(_columns.Length);
            dropped.AddRange(Enumerable.Range(start, length));
            kept.RemoveAll(dropped.Contains);
            table = Build(kept, folds: false);
        }

        console.Write(Fits(table, console) ? table : Build(kept, folds: true));
        if (dropped.Count > 0)
        {
            console.WriteLine($"Too narrow for: {string.Join(", ", dropped.Order().Select(Heading))}. --wide shows all.");
        }
    }

    private static bool Fits(Table table, IAnsiConsole console)
    {
        var unbounded = new RenderOptions(console.Profile.Capabilities, new Size(int.MaxValue / 2, int.MaxValue / 2));
        return ((IRenderable)table).Measure(unbounded, int.MaxValue / 2).Max <= console.Profile.Width;
    }

    private Table Build(List<int> kept, bool folds)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (int i in kept)
        {
            bool isRight = _columns[i].StartsWith('>');
            table.AddColumn(new TableColumn(new Text(Heading(i)))
            {
                Alignment = isRight ? Justify.Right : Justify.Left,
                NoWrap = isRight || !folds,
            });
        }

        foreach (string[] cells in _rows)
        {
            table.AddRow(kept.Select(i => new Text(cells[i])));
        }

        return table;
    }

    private string Heading(int column) => _columns[column].TrimStart('>');
}
