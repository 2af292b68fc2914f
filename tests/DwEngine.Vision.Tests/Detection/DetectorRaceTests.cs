using DwEngine.Testing;
using DwEngine.Vision.Detection;
using Xunit;

namespace DwEngine.Vision.Tests.Detection;

/// <summary>A detector that several threads meet.</summary>
[Trait("Category", "Races")]
public class DetectorRaceTests
{
    private static readonly DetectorOptions s_options = new()
    {
        Preprocessing = new DetectorPreprocessing { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] },
        Labels = ["nothing", "blob"],
    };

    [Fact]
    public void A_detector_that_is_disposed_meanwhile_finds_what_is_there_or_says_so() => TestThreads.Race(round =>
    {
        var detector = new Detector(BlobDetector.Model(), s_options);
        bool isTold = false;
        return (
            detector.Dispose,
            () =>
            {
                try
                {
                    while (true)
                    {
                        AssertFinds(detector, round % 7, 1);
                    }
                }
                catch (ObjectDisposedException)
                {
                    isTold = true;
                }
            },
            () => Assert.True(isTold));
    });

    // Without a guard of its own, a detector would overwrite its input while another thread's picture is computed.
    [Fact]
    public void A_second_thread_is_refused_and_spoils_nothing()
    {
        using var detector = new Detector(BlobDetector.Model(), s_options);
        int refused = 0;
        TestThreads.Race(round => (() => Try(1), () => Try(6), () => AssertFinds(detector, round % 7, 2)));
        Assert.True(refused > 0, "No thread met another.");

        void Try(int column)
        {
            for (int i = 0; i < 20; i++)
            {
                try
                {
                    AssertFinds(detector, column, 1);
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }
    }

    [Fact]
    public void An_input_that_two_threads_fill_is_right_or_refused()
    {
        var input = new PictureInput(s_options.Preprocessing!, BlobDetector.Width, BlobDetector.Height);
        RgbImage[] pictures = [BlobDetector.Picture(1, 1), new(60, 40, new byte[3 * 60 * 40])];
        float[][] expected = [.. pictures.Select(Fill)];
        TestThreads.Race(_ => (() => Try(0), () => Try(1), () => Assert.Equal(expected[0], Fill(pictures[0]))));

        void Try(int picture)
        {
            for (int i = 0; i < 10; i++)
            {
                try
                {
                    Assert.Equal(expected[picture], Fill(pictures[picture]));
                }
                catch (InvalidOperationException)
                {
                    // The other thread was first.
                }
            }
        }

        float[] Fill(RgbImage picture)
        {
            float[] values = new float[input.Length];
            input.Apply(picture.Pixels, picture.Width, picture.Height, values);
            return values;
        }
    }

    private static void AssertFinds(Detector detector, int column, int row)
    {
        DetectedObject found = Assert.Single(detector.Detect(BlobDetector.Picture(column, row)));
        Assert.Equal(column * 2f * BlobDetector.Cell, (found.Box.X1 + found.Box.X2) / 2, 1e-2f);
    }
}
