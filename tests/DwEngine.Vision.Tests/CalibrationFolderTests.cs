using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Testing;
using DwEngine.Vision.Detection;
using Xunit;

namespace DwEngine.Vision.Tests;

public sealed class CalibrationFolderTests : IDisposable
{
    private const int Size = 8;

    private static readonly ModelMetadata s_metadata = new() { InputSize = Size };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dwengine-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_seed_decides_which_images_are_chosen()
    {
        WriteImages(12);
        var all = new CalibrationFolder(_folder.FullName, s_metadata);
        var some = new CalibrationFolder(_folder.FullName, s_metadata, samples: 5, seed: 7);
        var same = new CalibrationFolder(_folder.FullName, Preprocessing.For(s_metadata), samples: 5, seed: 7);
        var others = new CalibrationFolder(_folder.FullName, s_metadata, samples: 5, seed: 8);

        Assert.Equal(12, all.Count);
        Assert.Equal(Enumerable.Range(0, 12), Levels(all).Order());
        Assert.Equal(5, some.Count);
        Assert.Equal(5, Levels(some).Distinct().Count());
        Assert.Equal(Levels(some), Levels(same));
        Assert.NotEqual(Levels(some), Levels(others));
    }

    [Fact]
    public void Images_are_preprocessed_for_the_network()
    {
        File.Copy(Photographs.Cat, Path.Combine(_folder.FullName, "cat.png"));
        var images = new CalibrationFolder(_folder.FullName, s_metadata);
        var preprocessing = Preprocessing.For(s_metadata);
        float[] expected = new float[preprocessing.OutputLength], found = new float[expected.Length];
        preprocessing.Apply(ImageDecoder.Load(Photographs.Cat), expected);

        images.Read(0, found);

        Assert.Equal(expected, found);
        Assert.Throws<ShapeException>(() => images.Read(0, new float[5]));
    }

    [Fact]
    public void A_detectors_images_need_not_be_square()
    {
        const int Width = 24, Height = 10;
        File.Copy(Photographs.Cat, Path.Combine(_folder.FullName, "cat.png"));
        DetectorPreprocessing preprocessing = DetectorFamily.Named("fastestdet").Preprocessing;
        var images = new CalibrationFolder(_folder.FullName, preprocessing, Width, Height);
        RgbImage cat = ImageDecoder.Load(Photographs.Cat);
        float[] expected = new float[3 * Width * Height];
        new PictureInput(preprocessing, Width, Height).Apply(cat.Pixels, cat.Width, cat.Height, expected);

        Parallel.For(0, 20, _ =>
        {
            float[] found = new float[expected.Length];
            images.Read(0, found);
            Assert.Equal(expected, found);
        });

        Assert.Equal(preprocessing.Describe(Width, Height), images.Preparation);
        DetectorPreprocessing[] others =
        [
            preprocessing with { Order = ChannelOrder.Rgb },
            preprocessing with { Fit = FitMode.Letterbox },
            preprocessing with { Mean = [0, 0, 0.5f] },
            preprocessing with { StandardDeviation = [1, 2, 1] },
            preprocessing with { Padding = 0 },
        ];
        Assert.All(others, other => Assert.NotEqual(images.Preparation, other.Describe(Width, Height)));
        Assert.NotEqual(images.Preparation, preprocessing.Describe(Height, Width));
        Assert.Throws<DwEngineException>(() => new CalibrationFolder(_folder.FullName, preprocessing, 0, Height));
    }

    [Fact]
    public void What_cannot_be_used_is_a_typed_error()
    {
        Assert.Throws<FileFormatException>(() => new CalibrationFolder(_folder.FullName, s_metadata));
        Assert.Throws<InputFileException>(() => new CalibrationFolder(Path.Combine(_folder.FullName, "absent"), s_metadata));
        string broken = Path.Combine(_folder.FullName, "broken.png");
        File.WriteAllText(broken, "no image");
        Assert.Throws<ArgumentOutOfRangeException>(() => new CalibrationFolder(_folder.FullName, s_metadata, samples: 0));
        Assert.Throws<DwEngineException>(() => new CalibrationFolder(_folder.FullName, new ModelMetadata { InputSize = 0 }));
        var images = new CalibrationFolder(_folder.FullName, s_metadata);
        Assert.Equal(broken, Assert.Throws<FileFormatException>(() => images.Read(0, new float[3 * Size * Size])).File);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Others_stand_for_images_that_cannot_be_read(int threads)
    {
        WriteImages(12);
        CalibrationFolder chosen = new(_folder.FullName, s_metadata, samples: 6, seed: 7);
        CalibrationFolder all = new(_folder.FullName, s_metadata, samples: 12, seed: 7);
        int[] levels = Levels(all);
        string bad = Directory.EnumerateFiles(_folder.FullName, $"{levels[1]}.png", SearchOption.AllDirectories).Single();
        File.WriteAllText(bad, "no image");

        CalibrationFolder readable = chosen.WithoutUnreadable(threads, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal([levels[0], .. levels[2..7]], Levels(readable));
        Assert.Equal(bad, Assert.Single(readable.Unreadable).Path);
        Assert.Empty(chosen.Unreadable);
        Assert.Equal(2, readable.Folders.Length);
    }

    [Fact]
    public void Mostly_unreadable_images_are_an_error()
    {
        WriteImages(2);
        File.WriteAllText(Path.Combine(_folder.FullName, "bad.png"), "no image");
        File.WriteAllText(Path.Combine(_folder.FullName, "worse.png"), "");
        Assert.Equal(2, Readable().Count);
        File.WriteAllText(Path.Combine(_folder.FullName, "worst.png"), "");

        FileFormatException error = Assert.Throws<FileFormatException>(Readable);

        Assert.Equal(_folder.FullName, error.File);
        Assert.Contains("3 of 5 images cannot be read", error.Problem, StringComparison.Ordinal);

        CalibrationFolder Readable() =>
            new CalibrationFolder(_folder.FullName, s_metadata).WithoutUnreadable(cancellation: TestContext.Current.CancellationToken);
    }

    // Grey images, each of another level, half of them in a folder below.
    private void WriteImages(int count)
    {
        _folder.CreateSubdirectory("class");
        for (int level = 0; level < count; level++)
        {
            byte[] file = new PngWriter(Size, Size, 0, 8).Write((_, _, _) => level);
            File.WriteAllBytes(Path.Combine(_folder.FullName, level % 2 == 0 ? "" : "class", $"{level}.png"), file);
        }
    }

    private static int[] Levels(CalibrationFolder images)
    {
        float[] nchw = new float[3 * Size * Size];
        ModelMetadata known = ModelMetadata.ImageNet;
        return [.. Enumerable.Range(0, images.Count).Select(index =>
        {
            images.Read(index, nchw);
            return (int)MathF.Round(255 * ((nchw[0] * known.StandardDeviation!.Value[0]) + known.Mean!.Value[0]));
        })];
    }
}
