using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Models;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Vision.Tests;

public class PreprocessingTests
{
    [Theory]
    [InlineData(null, 256, 224)]
    [InlineData(224, 256, 224)]
    [InlineData(192, 219, 192)]
    [InlineData(160, 183, 160)]
    [InlineData(200, 229, 200)]
    [InlineData(65, 74, 65)]
    [InlineData(64, 64, 64)]
    [InlineData(32, 32, 32)]
    [InlineData(8192, 8192, 8192)]
    public void TheMarginIsTorchvisionsButForSmallNetworks(int? inputSize, int resize, int crop)
    {
        Preprocessing preprocessing = Preprocessing.For(new ModelMetadata { InputSize = inputSize });
        Assert.Equal((resize, crop, 3 * crop * crop), (preprocessing.ResizeSize, preprocessing.CropSize, preprocessing.OutputLength));
        Assert.Equal(ModelMetadata.ImageNet.Mean!.Value, preprocessing.Mean);
        Assert.Equal(ModelMetadata.ImageNet.StandardDeviation!.Value, preprocessing.StandardDeviation);
    }

    [Fact]
    public void BlueComesFirstWhereMetadataSaySo()
    {
        var metadata = new ModelMetadata { InputSize = 4, Mean = [0.5f, 0.25f, 0.125f], StandardDeviation = [0.2f, 0.3f, 0.4f] };
        Preprocessing red = Preprocessing.For(metadata);
        Preprocessing blue = Preprocessing.For(
            metadata with { Settings = metadata.Settings.Add(MegviiShuffleNetV2.ColoursSetting.Name, "bgr") });
        Assert.Equal((false, true), (red.BlueFirst, blue.BlueFirst));
        RgbImage image = ResizeTests.RandomImage(9, 5, 3);
        float[] first = new float[48], second = new float[48];
        red.Apply(image, first);
        blue.Apply(image, second);
        Assert.Equal([.. first[32..], .. first[16..32], .. first[..16]], second);
        byte[] bytes = new byte[48], turned = new byte[48];
        red.ResizeAndCrop(image, bytes);
        blue.ResizeAndCrop(image, turned);
        Assert.Equal([.. bytes[32..], .. bytes[16..32], .. bytes[..16]], turned);
    }

    [Fact]
    public void AnImageOfASmallNetworksSizeIsOnlyNormalised()
    {
        Preprocessing preprocessing = new(4, 4, [0.5f, 0.25f, 0.125f], [0.2f, 0.3f, 0.4f]);
        RgbImage image = ResizeTests.RandomImage(4, 4, 3);
        float[] tensor = new float[48];
        preprocessing.Apply(image, tensor);
        for (int channel = 0; channel < 3; channel++)
        {
            for (int i = 0; i < 16; i++)
            {
                float scaled = image.Pixels[(3 * i) + channel] / 255f;
                Assert.Equal((scaled - preprocessing.Mean[channel]) / preprocessing.StandardDeviation[channel], tensor[(16 * channel) + i]);
            }
        }
    }

    [Property(MaxTest = 80)]
    public Property EqualsResizeThenCrop()
    {
        Gen<int> sizes = Gen.Choose(1, 24);
        return Prop.ForAll(ResizeTests.Sides().Two().ToArbitrary(), sizes.Two().ToArbitrary(), (sides, target) =>
        {
            (int resize, int crop) = target;
            RgbImage image = ResizeTests.RandomImage(sides.Item1, sides.Item2, resize + crop);
            RgbImage expected = CenterCrop.Apply(Resize.ShorterSide(image, resize), crop);
            Preprocessing preprocessing = new(resize, crop, [0, 0, 0], [1, 1, 1]);
            byte[] bytes = new byte[preprocessing.OutputLength];
            float[] tensor = new float[preprocessing.OutputLength];
            preprocessing.ResizeAndCrop(image, bytes);
            preprocessing.Apply(image, tensor);
            int plane = crop * crop;
            return Enumerable.Range(0, bytes.Length).All(i =>
                bytes[i] == expected.Pixels[(3 * (i % plane)) + (i / plane)] && tensor[i] == bytes[i] / 255f);
        });
    }

    [Fact]
    public void AStripOfExtremeProportionsCostsNoMoreThanItsCrop()
    {
        RgbImage strip = new(300_000, 1, Enumerable.Repeat((byte)51, 900_000).ToArray().AsSpan());
        Preprocessing preprocessing = new(256, 224, [0, 0, 0], [1, 1, 1]);
        float[] tensor = new float[preprocessing.OutputLength];
        preprocessing.Apply(strip, tensor);
        Assert.All(tensor.Distinct(), value => Assert.Equal(0.2f, value));
    }

    [Fact]
    public void TheTensorMayLieOverTheFrame()
    {
        const int Width = 9, Height = 7;
        foreach (Preprocessing preprocessing in (Preprocessing[])[new(5, 4, [0, 0, 0], [1, 1, 1]), new(4, 8, [0, 0, 0], [1, 1, 1])])
        {
            byte[] frame = ResizeTests.RandomImage(Width, Height, 1).Pixels.ToArray();
            float[] expected = new float[preprocessing.OutputLength];
            preprocessing.Apply(frame, Width, Height, expected);
            for (int start = 0; start < 4 * expected.Length; start += 3)
            {
                float[] memory = new float[(2 * expected.Length) + frame.Length];
                Span<byte> source = MemoryMarshal.AsBytes(memory.AsSpan()).Slice(start, frame.Length);
                frame.CopyTo(source);
                preprocessing.Apply(source, Width, Height, memory.AsSpan(0, expected.Length));
                Assert.Equal(expected, memory[..expected.Length]);
            }
        }
    }

    [Fact]
    public void WrongLengthsAreATypedError()
    {
        Preprocessing preprocessing = new(4, 4, [0, 0, 0], [1, 1, 1]);
        Assert.Throws<ShapeException>(() => preprocessing.Apply(ResizeTests.RandomImage(4, 4, 1), new float[47]));
        Assert.Throws<ShapeException>(() => preprocessing.ResizeAndCrop(ResizeTests.RandomImage(4, 4, 1), new byte[49]));
        Assert.Throws<ShapeException>(() => preprocessing.Apply(new byte[47], 4, 4, new float[48]));
        Assert.Throws<ShapeException>(() => preprocessing.Apply([], 0, 4, new float[48]));
        Assert.Throws<ShapeException>(() => new RgbImage(2, 2, new byte[13].AsSpan()));
    }

    [Fact]
    public void HostileMetadataIsATypedError()
    {
        foreach (ModelMetadata metadata in new ModelMetadata[]
        {
            new() { InputSize = 0 },
            new() { InputSize = -1 },
            new() { InputSize = int.MaxValue },
            new() { Mean = [0.5f] },
            new() { Mean = default(ImmutableArray<float>) },
            new() { Mean = [0, 0, float.NaN] },
            new() { StandardDeviation = [1, 1, 0] },
            new() { StandardDeviation = [1, -1, 1] },
            new() { StandardDeviation = [1, 1, float.PositiveInfinity] },
        })
        {
            DwEngineException error = Assert.Throws<DwEngineException>(() => Preprocessing.For(metadata));
            Assert.StartsWith("Preprocessing with ", error.Message, StringComparison.Ordinal);
        }
    }
}
