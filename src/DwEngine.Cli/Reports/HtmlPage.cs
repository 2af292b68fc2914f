using System.Net;
using System.Text;

namespace DwEngine.Cli.Reports;

/// <summary>What pages of reports share: one HTML file that needs no other.</summary>
internal static class HtmlPage
{
    private const string Style = """
        html { -webkit-text-size-adjust: 100%; }
        body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
        body { max-width: 1240px; margin: 2em auto; padding: 0 1em; }
        h1, h2, p { overflow-wrap: anywhere; }
        h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
        table { border-collapse: collapse; font-size: 12.5px; } .wide { overflow-x: auto; }
        th, td { padding: 3px 7px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); }
        th:first-child, td:first-child, .left th, .left td, .wide td:nth-child(2), .wide th:nth-child(2) { text-align: left; }
        .left td:nth-child(2), .wide td:nth-child(2) { white-space: normal; min-width: 9em; overflow-wrap: anywhere; }
        .wide th:first-child, .wide td:first-child { position: sticky; left: 0; background: var(--paper); }
        svg { display: block; width: 100%; max-width: 600px; height: auto; overflow: visible; }
        """;

    /// <summary>Everything up to the heading.</summary>
    public static void Begin(StringBuilder html, string title)
    {
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.Append($"<title>{Escape(title)}</title>\n");
        html.Append($"<style>\n{Palette.Style}\n{Style}\n</style>\n</head>\n<body>\n");
        html.Append($"<h1>{Escape(title)}</h1>\n");
    }

    /// <summary>Ends the page.</summary>
    /// <returns>The whole page.</returns>
    public static string End(StringBuilder html) => html.Append("</body>\n</html>\n").ToString();

    /// <summary>A heading and a table of two columns.</summary>
    public static void WriteFacts(StringBuilder html, string title, string kind, IEnumerable<string[]> rows)
    {
        html.Append($"<h2>{Escape(title)}</h2>\n<div class=\"left\">\n");
        WriteTable(html, [kind, "value"], rows);
        html.Append("</div>\n");
    }

    /// <summary>A paragraph of plain text.</summary>
    public static void WriteParagraph(StringBuilder html, string text) => html.Append($"<p>{Escape(text)}</p>\n");

    /// <summary>A table; headings as <see cref="Output.TextTable"/> takes them.</summary>
    public static void WriteTable(StringBuilder html, IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows)
    {
        html.Append("<table>\n");
        WriteRow(html, "th", columns.Select(column => column.TrimStart('>')));
        foreach (IEnumerable<string> row in rows)
        {
            WriteRow(html, "td", row);
        }

        html.Append("</table>\n");
    }

    private static void WriteRow(StringBuilder html, string tag, IEnumerable<string> cells) =>
        html.Append("<tr>").AppendJoin("", cells.Select(cell => $"<{tag}>{Escape(cell)}</{tag}>")).Append("</tr>\n");

    /// <summary>Text that is never taken for markup.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);
}
