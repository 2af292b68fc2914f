using OxyPlot;

namespace DwEngine.Cli.Reports;

/// <summary>
/// What charts are drawn on for a page: SVG without clip paths, since the ids of those would be the same in each chart of the page, and
/// with text measured such that it has room in whatever font the reader's machine has.
/// </summary>
/// <param name="stream">Where the SVG element is written to.</param>
/// <param name="width">Width in the units of the drawing.</param>
/// <param name="height">Height in the units of the drawing.</param>
internal sealed class SvgCanvas(Stream stream, double width, double height)
    : SvgRenderContext(
        stream, width, height, isDocument: false, new PdfRenderContext(width, height, OxyColors.Undefined), OxyColors.Undefined)
{
    // The measurer's text is in points, 3/4 of a unit, and in Helvetica, which other sans-serif fonts exceed.
    private const double PointsToUnits = 4.0 / 3, WiderFont = 1.2;

    public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
    {
        OxySize points = base.MeasureText(text, fontFamily, fontSize, fontWeight);
        return new OxySize(points.Width * PointsToUnits * WiderFont, points.Height * PointsToUnits);
    }

    protected override void SetClip(OxyRect clippingRectangle)
    {
    }

    protected override void ResetClip()
    {
    }
}
