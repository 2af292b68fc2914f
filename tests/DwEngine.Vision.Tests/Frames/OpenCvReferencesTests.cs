using System.Globalization;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;
using Xunit;

namespace DwEngine.Vision.Tests.Frames;

/// <summary>Frames as OpenCV converts them. Its coefficients have three digits, so that colours may differ by one level.</summary>
public class OpenCvReferencesTests
{
    private const string File = "OpenCvReferences.txt";

    /// <summary>Numbers of the lines of the file.</summary>
    public static TheoryData<int> Lines => [.. Enumerable.Range(0, s_lines.Value.Length)];

    private static readonly Lazy<string[]> s_lines = new(() =>
    {
        using Stream stream = typeof(OpenCvReferencesTests).Assembly.GetManifestResourceStream(File)!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Where(line => line.Length > 0 && line[0] != '#')];
    });

    [Fact]
    public void Every_format_that_OpenCV_knows_is_there() => Assert.Equal(
        Enum.GetNames<PixelFormat>().Except([nameof(PixelFormat.Gray16)]).Order(), s_lines.Value.Select(line => line.Split(' ')[0])
            .Distinct().Order());

    [Theory]
    [MemberData(nameof(Lines))]
    public void Frames_are_those_of_OpenCV(int line)
    {
        string[] words = s_lines.Value[line].Split(' ');
        var format = new FrameFormat(Enum.Parse<PixelFormat>(words[0]), Number(1), Number(2));
        var transform = new FrameTransform { Turns = (QuarterTurns)Number(3), Mirror = Number(4) != 0 };
        byte[] frame = Convert.FromBase64String(words[5]), expected = Convert.FromBase64String(words[6]);
        Assert.Equal(format.Length, frame.Length);
        (int width, int height) = Number(3) % 2 == 0 ? (format.Width, format.Height) : (format.Height, format.Width);
        FrameConverter converter = new PictureInput(
            new DetectorPreprocessing { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] }, width, height)
            .CreateConverter(format, transform);
        float[] values = new float[converter.Length];
        converter.Write(frame, values);

        int tolerance = format.Pixels.HasChroma() ? 1 : 0;
        for (int i = 0; i < expected.Length; i++)
        {
            float sample = values[(i % 3 * width * height) + (i / 3)] * 255;
            Assert.InRange(sample, expected[i] - tolerance - 0.01f, expected[i] + tolerance + 0.01f);
        }

        int Number(int word) => int.Parse(words[word], CultureInfo.InvariantCulture);
    }
}
