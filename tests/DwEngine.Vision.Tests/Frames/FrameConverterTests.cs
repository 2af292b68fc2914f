using System.Runtime.InteropServices;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Vision.Tests.Frames;

public class FrameConverterTests
{
    private static readonly PixelFormat[] s_formats = Enum.GetValues<PixelFormat>();

    private static readonly DetectorPreprocessing s_plain = new() { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] };

    public static TheoryData<PixelFormat> Formats => [.. s_formats];

    /// <summary>A frame, what is done to it, and the input it goes into, all made from one number.</summary>
    public sealed record Case(int Seed, PixelFormat Pixels, int Width, int Height)
    {
        public override string ToString() => $"{Pixels} {Width}x{Height}, seed {Seed}";
    }

    private static Arbitrary<Case> Cases => (
        from seed in Gen.Choose(0, int.MaxValue)
        from pixels in Gen.Elements(s_formats)
        from width in Gen.Choose(1, TestSpeed.IsSlow ? 40 : 90)
        from height in Gen.Choose(1, TestSpeed.IsSlow ? 40 : 90)
        select new Case(
            seed, pixels, pixels.HasChroma() ? (width + 1) & ~1 : width, pixels.HasPlanes() ? (height + 1) & ~1 : height)).ToArbitrary();

    [Property(MaxTest = 150)]
    public Property A_detectors_frame_gives_the_bits_of_the_same_picture_of_a_file() => Prop.ForAll(Cases, made =>
    {
        (Random random, FrameFormat format, byte[] frame, FrameTransform transform) = Make(made);
        var input = new PictureInput(
            new DetectorPreprocessing
            {
                Fit = (FitMode)random.Next(2),
                Order = (ChannelOrder)random.Next(2),
                Mean = [0.4f, 0.5f, 0.6f],
                StandardDeviation = [0.2f, 0.3f, 0.4f],
                Padding = (byte)random.Next(256),
            },
            random.Next(1, 70), random.Next(1, 70));
        RgbImage upright = FrameReference.Upright(FrameReference.Picture(format, frame), transform);
        float[] expected = new float[input.Length];
        input.Apply(upright.Pixels, upright.Width, upright.Height, expected);
        return SameOnAll(isa => new FrameConverter(format, transform, input.TargetFor, isa), frame, expected);
    });

    [Property(MaxTest = 100)]
    public Property A_classifiers_frame_gives_the_bits_of_the_same_picture_of_a_file() => Prop.ForAll(Cases, made =>
    {
        (Random random, FrameFormat format, byte[] frame, FrameTransform transform) = Make(made);
        var preprocessing = new Preprocessing(
            random.Next(1, 60), random.Next(1, 60), [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f])
        { BlueFirst = random.Next(2) == 1 };
        float[] expected = new float[preprocessing.OutputLength];
        preprocessing.Apply(FrameReference.Upright(FrameReference.Picture(format, frame), transform), expected);
        return SameOnAll(isa => new FrameConverter(format, transform, preprocessing.TargetFor, isa), frame, expected);
    });

    [Property(MaxTest = 60)]
    public Property Samples_are_the_nearest_to_the_exact_colour() => Prop.ForAll(Cases, made =>
    {
        (_, FrameFormat format, byte[] frame, _) = Make(made);
        var input = new PictureInput(s_plain, format.Width, format.Height);
        float[] values = new float[input.Length];
        foreach (Isa isa in Isas.Supported)
        {
            new FrameConverter(format, null, input.TargetFor, isa).Write(frame, values);
            for (int i = 0; i < format.Width * format.Height; i++)
            {
                double[] exact = FrameReference.Exact(format, frame, i % format.Width, i / format.Width);
                for (int colour = 0; colour < 3; colour++)
                {
                    double sample = values[(colour * format.Width * format.Height) + i] * 255.0;
                    Assert.True(
                        Math.Abs(sample - exact[colour]) <= 0.501,
                        $"{isa}, pixel {i}, colour {colour}: {sample}, exactly {exact[colour]}");
                }
            }
        }

        return true;
    });

    [Theory]
    [MemberData(nameof(Formats))]
    public void Not_a_byte_outside_the_frame_is_read_or_written(PixelFormat pixels)
    {
        foreach (QuarterTurns turns in Enum.GetValues<QuarterTurns>())
        {
            var format = new FrameFormat(pixels, 70, 38);
            var input = new PictureInput(s_plain, 33, 21);
            foreach (GuardEdge edge in Enum.GetValues<GuardEdge>())
            {
                using var source = new GuardedMemory((format.Length + 3) / 4, edge);
                using var target = new GuardedMemory(input.Length, edge);
                Span<byte> bytes = MemoryMarshal.AsBytes(source.Memory.Span);
                Span<byte> frame = edge == GuardEdge.Start ? bytes[..format.Length] : bytes[^format.Length..];
                new Random(1).NextBytes(frame);
                foreach (Isa isa in Isas.Supported)
                {
                    new FrameConverter(format, new() { Turns = turns }, input.TargetFor, isa).Write(frame, target.Memory.Span);
                    Assert.DoesNotContain(target.Memory.Span.ToArray(), float.IsNaN);
                }

                target.AssertSlackIsUntouched();
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void The_threads_of_a_session_give_the_same_bits_and_allocate_nothing(int threads)
    {
        using Model model = TestModels.Relu(new Shape(1, 3, 48, 64));
        using Session session = model.CreateSession(
            SessionOptions.Default with { InputShape = new Shape(1, 3, 48, 64), Threads = threads });
        var format = new FrameFormat(PixelFormat.Nv12, 320, 180);
        byte[] frame = Noise(format, new Random(3));
        FrameConverter converter = new PictureInput(s_plain with { Fit = FitMode.Letterbox }, 64, 48).CreateConverter(format);
        float[] expected = new float[converter.Length];
        converter.Write(frame, expected);

        converter.Write(frame, session);
        Assert.Equal(expected, session.Input<float>(session.Inputs[0].Name).ToArray());
        float[] values = new float[converter.Length];
        converter.Write(frame, session, values);
        Assert.Equal(expected, values);

        Assert.Equal(0, Allocation.Least(() =>
        {
            converter.Write(frame, session);
            converter.Write(frame, values);
        }));
    }

    [Fact]
    public void Points_go_to_the_frame_and_back()
    {
        var random = new Random(5);
        for (int i = 0; i < 400; i++)
        {
            var transform = new FrameTransform
            {
                Crop = new FrameRegion(random.Next(40), random.Next(30), random.Next(1, 60), random.Next(1, 50)),
                Turns = (QuarterTurns)(i % 4),
                Mirror = i % 8 > 3,
            };
            var converter = new PictureInput(s_plain with { Fit = (FitMode)random.Next(2) }, random.Next(1, 99), random.Next(1, 99))
                .CreateConverter(new FrameFormat(PixelFormat.Gray8, 100, 80), transform);
            (float x, float y) = (random.NextSingle() * 100, random.NextSingle() * 80);
            (float inputX, float inputY) = converter.ToInput(x, y);
            (float backX, float backY) = converter.ToFrame(inputX, inputY);
            Assert.Equal(x, backX, 0.01f);
            Assert.Equal(y, backY, 0.01f);
        }
    }

    [Theory]
    [InlineData(QuarterTurns.None, false)]
    [InlineData(QuarterTurns.One, true)]
    [InlineData(QuarterTurns.Two, false)]
    [InlineData(QuarterTurns.Three, false)]
    public void A_bright_pixel_is_where_the_mapping_says(QuarterTurns turns, bool mirror)
    {
        var format = new FrameFormat(PixelFormat.Gray8, 40, 24);
        var transform = new FrameTransform { Crop = new FrameRegion(4, 2, 30, 20), Turns = turns, Mirror = mirror };
        byte[] frame = new byte[format.Length];
        frame[(9 * 40) + 11] = 255;
        (int width, int height) = (int)turns % 2 == 0 ? (30, 20) : (20, 30);
        FrameConverter converter = new PictureInput(s_plain, width, height).CreateConverter(format, transform);
        float[] values = new float[converter.Length];
        converter.Write(frame, values);

        int at = Array.IndexOf(values, 1f);
        Assert.Equal((11.5f, 9.5f), converter.ToFrame((at % width) + 0.5f, (at / width) + 0.5f));
    }

    [Fact]
    public void A_frame_or_an_input_of_another_length_is_refused()
    {
        var format = new FrameFormat(PixelFormat.Yuyv, 8, 4);
        FrameConverter converter = new PictureInput(s_plain, 4, 4).CreateConverter(format);
        byte[] frame = new byte[format.Length];
        float[] values = new float[converter.Length];
        FrameException error = Assert.Throws<FrameException>(() => converter.Write(frame.AsSpan(1), values));
        Assert.Contains("63 bytes; at least 64", error.Message, StringComparison.Ordinal);
        Assert.Throws<FrameException>(() => converter.Write([], values));
        Assert.Throws<ShapeException>(() => converter.Write(frame, values.AsSpan(1)));
        using Model model = TestModels.Relu(new Shape(1, 3, 4, 5));
        using Session session = model.CreateSession(SessionOptions.Default with { InputShape = new Shape(1, 3, 4, 5) });
        Assert.Throws<ShapeException>(() => converter.Write(frame, session));
    }

    [Fact]
    public void A_disposed_session_is_told()
    {
        using Model model = TestModels.Relu(new Shape(1, 3, 4, 4));
        Session session = model.CreateSession(SessionOptions.Default with { InputShape = new Shape(1, 3, 4, 4) });
        session.Dispose();
        FrameConverter converter = new PictureInput(s_plain, 4, 4).CreateConverter(new FrameFormat(PixelFormat.Gray8, 4, 4));
        Assert.Throws<ObjectDisposedException>(() => converter.Write(new byte[16], session));
        // The converter is free again.
        converter.Write(new byte[16], new float[converter.Length]);
    }

    private static (Random Random, FrameFormat Format, byte[] Frame, FrameTransform Transform) Make(Case made)
    {
        var random = new Random(made.Seed);
        FrameFormat format = FrameReference.Format(made.Pixels, made.Width, made.Height, random);
        int x = random.Next(made.Width), y = random.Next(made.Height);
        var transform = new FrameTransform
        {
            Crop = random.Next(2) == 0
                ? null
                : new FrameRegion(x, y, random.Next(1, made.Width - x + 1), random.Next(1, made.Height - y + 1)),
            Turns = (QuarterTurns)random.Next(4),
            Mirror = random.Next(2) == 1,
        };
        return (random, format, Noise(format, random), transform);
    }

    private static byte[] Noise(FrameFormat format, Random random)
    {
        byte[] frame = new byte[format.Length];
        random.NextBytes(frame);
        return frame;
    }

    private static bool SameOnAll(Func<Isa, FrameConverter> create, byte[] frame, float[] expected)
    {
        foreach (Isa isa in Isas.Supported)
        {
            float[] values = new float[expected.Length];
            create(isa).Write(frame, values);
            Assert.Equal(expected, values);
        }

        return true;
    }
}
