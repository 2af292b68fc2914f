using System.Globalization;
using System.Net;

namespace DwEngine.Cli.Reports;

/// <summary>What all charts share.</summary>
internal static class SvgText
{
    /// <summary>Text that cannot be taken for markup.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A coordinate.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A value beside its bar or point: four significant digits.</summary>
    public static string Value(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>The round number from 1, 2, 2.5, 5 and 10 times a power of ten that is not below a value.</summary>
    public static double RoundUp(double value)
    {
        if (!(value > 0 && double.IsFinite(value)))
        {
            return 1;
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * new[] { 1, 2, 2.5, 5, 10 }.First(step => value <= step * power * (1 + 1e-9));
    }
}
