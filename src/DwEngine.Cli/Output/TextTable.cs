using Spectre.Console;

namespace DwEngine.Cli.Output;

/// <summary>A table of plain text: what stands in a cell is never taken for markup.</summary>
internal sealed class TextTable
{
    private readonly Table _table = new() { Border = TableBorder.Simple };

    /// <summary>Starts a table.</summary>
    /// <param name="columns">The headings; a leading <c>&gt;</c> aligns a column to the right.</param>
    public TextTable(params ReadOnlySpan<string> columns)
    {
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            _table.AddColumn(new TableColumn(new Text(right ? column[1..] : column))
            {
                Alignment = right ? Justify.Right : Justify.Left,
                NoWrap = true,
            });
        }
    }

    /// <summary>Adds a row with one cell for each column.</summary>
    public void AddRow(params ReadOnlySpan<string> cells)
    {
        var texts = new Text[cells.Length];
        for (int i = 0; i < cells.Length; i++)
        {
            texts[i] = new Text(cells[i]);
        }

        _table.AddRow(texts);
    }

    /// <summary>Writes the table.</summary>
    public void WriteTo(IAnsiConsole console) => console.Write(_table);
}
