using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DwEngine.Vision.Frames;

/// <summary>Where planes of samples of red, green and blue lie; of grey, only the first is there.</summary>
internal readonly unsafe struct SampleRows(byte* red, byte* green, byte* blue)
{
    public readonly byte* Red = red, Green = green, Blue = blue;

    /// <summary>The same, some samples further.</summary>
    public SampleRows At(int sample) => new(Red + sample, Green + sample, Blue + sample);
}

/// <summary>Reads parts of a frame's rows as planes of red, green and blue, or of grey.</summary>
/// <typeparam name="TVector">The vocabulary that it is compiled to.</typeparam>
internal static unsafe class FrameRows<TVector> where TVector : struct, IPixelVector<TVector>
{
    // Pixels that a step of chroma formats takes, and most others.
    private static int Step => 4 * TVector.Lanes;

    /// <summary>Reads pixels of a row.</summary>
    /// <param name="frame">The frame's first byte.</param>
    /// <param name="source">What its bytes mean.</param>
    /// <param name="y">The row.</param>
    /// <param name="x">The first pixel; even if pixels share chroma samples.</param>
    /// <param name="count">Pixels; an even number if they share chroma samples. No byte is read or written beyond them.</param>
    /// <param name="target">Where they go.</param>
    public static void Read(byte* frame, FrameSource source, int y, int x, int count, in SampleRows target)
    {
        byte* row = source.First.Row(frame, y);
        switch (source.Pixels)
        {
            case PixelFormat.Gray8:
                Unsafe.CopyBlockUnaligned(target.Red, row + x, (uint)count);
                break;
            case PixelFormat.Gray16:
                ReadGray16(row + (2 * x), count, source.WhiteLevel, target.Red);
                break;
            case PixelFormat.Rgb24:
                ReadTriples(row + (3 * x), count, target);
                break;
            case PixelFormat.Bgr24:
                ReadTriples(row + (3 * x), count, new SampleRows(target.Blue, target.Green, target.Red));
                break;
            case PixelFormat.Rgba32:
                ReadQuadruples(row + (4 * x), count, target);
                break;
            case PixelFormat.Bgra32:
                ReadQuadruples(row + (4 * x), count, new SampleRows(target.Blue, target.Green, target.Red));
                break;
            case PixelFormat.Yuyv:
                ReadChroma<Yuyv>(new ChromaRow(row + (2 * x), null, null), source.Coefficients, count, target);
                break;
            case PixelFormat.Uyvy:
                ReadChroma<Uyvy>(new ChromaRow(row + (2 * x), null, null), source.Coefficients, count, target);
                break;
            case PixelFormat.Nv12:
                ReadChroma<Nv12>(new ChromaRow(row + x, source.Second.Row(frame, y / 2) + x, null), source.Coefficients, count, target);
                break;
            case PixelFormat.Nv21:
                ReadChroma<Nv21>(new ChromaRow(row + x, source.Second.Row(frame, y / 2) + x, null), source.Coefficients, count, target);
                break;
            default:
                ReadChroma<I420>(
                    new ChromaRow(row + x, source.Second.Row(frame, y / 2) + (x / 2), source.Third.Row(frame, y / 2) + (x / 2)),
                    source.Coefficients, count, target);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ReadGray16(byte* row, int count, int white, byte* target)
    {
        int half = white >> 1;
        TVector most = TVector.Broadcast(white), rounding = TVector.Broadcast(half);
        TVector lower = TVector.Broadcast(0xFFFF), scale = TVector.Broadcast(255);
        for (int i = 0; i < count; i = Next(i, count, Step))
        {
            if (count - i < Step)
            {
                int sample = row[2 * i] | (row[(2 * i) + 1] << 8);
                target[i] = (byte)(((Math.Min(sample, white) * 255) + half) / white);
                continue;
            }

            TVector first = Pair(TVector.Load(row + (2 * i)));
            TVector second = Pair(TVector.Load(row + (2 * i) + Step));
            TVector.StoreBytes(target + i, first, second);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        TVector Pair(TVector samples) =>
            TVector.Join(Reduce(TVector.And(samples, lower)), TVector.ShiftLeft(Reduce(TVector.ShiftRightLogical(samples, 16)), 16));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        TVector Reduce(TVector samples) => TVector.Quotient(
            TVector.Add(TVector.Multiply(TVector.Min(samples, most), scale), rounding), white);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ReadTriples(byte* row, int count, in SampleRows target)
    {
        const int Pixels = 16;
        for (int i = 0; i < count; i = Next(i, count, Pixels))
        {
            byte* pixel = row + (3 * i);
            if (count - i < Pixels)
            {
                (target.Red[i], target.Green[i], target.Blue[i]) = (pixel[0], pixel[1], pixel[2]);
                continue;
            }

            Vector128<byte> a = Vector128.Load(pixel), b = Vector128.Load(pixel + 16), c = Vector128.Load(pixel + 32);
            const byte X = 0xFF;
            Vector128<byte> red =
                Vector128.Shuffle(a, Vector128.Create(0, 3, 6, 9, 12, 15, X, X, X, X, X, X, X, X, X, X))
                | Vector128.Shuffle(b, Vector128.Create(X, X, X, X, X, X, 2, 5, 8, 11, 14, X, X, X, X, X))
                | Vector128.Shuffle(c, Vector128.Create(X, X, X, X, X, X, X, X, X, X, X, 1, 4, 7, 10, 13));
            Vector128<byte> green =
                Vector128.Shuffle(a, Vector128.Create(1, 4, 7, 10, 13, X, X, X, X, X, X, X, X, X, X, X))
                | Vector128.Shuffle(b, Vector128.Create(X, X, X, X, X, 0, 3, 6, 9, 12, 15, X, X, X, X, X))
                | Vector128.Shuffle(c, Vector128.Create(X, X, X, X, X, X, X, X, X, X, X, 2, 5, 8, 11, 14));
            Vector128<byte> blue =
                Vector128.Shuffle(a, Vector128.Create(2, 5, 8, 11, 14, X, X, X, X, X, X, X, X, X, X, X))
                | Vector128.Shuffle(b, Vector128.Create(X, X, X, X, X, 1, 4, 7, 10, 13, X, X, X, X, X, X))
                | Vector128.Shuffle(c, Vector128.Create(X, X, X, X, X, X, X, X, X, X, 0, 3, 6, 9, 12, 15));
            red.Store(target.Red + i);
            green.Store(target.Green + i);
            blue.Store(target.Blue + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ReadQuadruples(byte* row, int count, in SampleRows target)
    {
        TVector sample = TVector.Broadcast(0xFF);
        for (int i = 0; i < count; i = Next(i, count, Step))
        {
            byte* pixel = row + (4 * i);
            if (count - i < Step)
            {
                (target.Red[i], target.Green[i], target.Blue[i]) = (pixel[0], pixel[1], pixel[2]);
                continue;
            }

            TVector a = TVector.Load(pixel), b = TVector.Load(pixel + Step);
            TVector c = TVector.Load(pixel + (2 * Step)), d = TVector.Load(pixel + (3 * Step));
            TVector.StoreBytes(target.Red + i, Both(a, b, 0), Both(c, d, 0));
            TVector.StoreBytes(target.Green + i, Both(a, b, 8), Both(c, d, 8));
            TVector.StoreBytes(target.Blue + i, Both(a, b, 16), Both(c, d, 16));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        TVector Both(TVector a, TVector b, int bits) => TVector.Pack(
            TVector.And(TVector.ShiftRightLogical(a, bits), sample), TVector.And(TVector.ShiftRightLogical(b, bits), sample));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ReadChroma<TLayout>(ChromaRow row, in ColourCoefficients coefficients, int count, in SampleRows target)
        where TLayout : IChromaLayout
    {
        Coefficients vectors = new(coefficients);
        for (int i = 0; i < count; i = Next(i, count, Step, 2))
        {
            if (count - i < Step)
            {
                (int u, int v) = TLayout.Chroma(row, i);
                for (int pixel = i; pixel < i + 2; pixel++)
                {
                    (target.Red[pixel], target.Green[pixel], target.Blue[pixel]) =
                        coefficients.Convert(TLayout.Luma(row, pixel), u, v);
                }

                continue;
            }

            vectors.Convert<TLayout>(row, i, out TVector red, out TVector green, out TVector blue);
            vectors.Convert<TLayout>(row, i + (Step / 2), out TVector nextRed, out TVector nextGreen, out TVector nextBlue);
            TVector.StoreBytes(target.Red + i, red, nextRed);
            TVector.StoreBytes(target.Green + i, green, nextGreen);
            TVector.StoreBytes(target.Blue + i, blue, nextBlue);
        }
    }

    // Where the next vector begins. The last one takes pixels again that are done already; rows of less than one go by single pixels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Next(int i, int count, int step, int single = 1) =>
        count < step ? i + single : i + step < count ? Math.Min(i + step, count - step) : count;

    /// <summary>Where luma and chroma of the first pixel lie.</summary>
    private readonly struct ChromaRow(byte* first, byte* second, byte* third)
    {
        public readonly byte* First = first, Second = second, Third = third;
    }

    private interface IChromaLayout
    {
        static abstract int Luma(in ChromaRow row, int pixel);

        static abstract (int U, int V) Chroma(in ChromaRow row, int pixel);

        /// <summary>Luma of twice as many pixels as a vector has numbers, by 16 bits, and their chroma by 32 bits.</summary>
        static abstract TVector Load(in ChromaRow row, int pixel, out TVector u, out TVector v);
    }

    private readonly struct Coefficients(in ColourCoefficients values)
    {
        private readonly TVector _black = TVector.Broadcast(values.Black | (values.Black << 16)), _luma = TVector.Broadcast(values.Luma);
        private readonly TVector _redV = TVector.Broadcast(values.RedV), _greenU = TVector.Broadcast(values.GreenU);
        private readonly TVector _greenV = TVector.Broadcast(values.GreenV), _blueU = TVector.Broadcast(values.BlueU);
        private readonly TVector _redOffset = TVector.Broadcast(values.RedOffset), _blueOffset = TVector.Broadcast(values.BlueOffset);
        private readonly TVector _greenOffset = TVector.Broadcast(values.GreenOffset);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Convert<TLayout>(in ChromaRow row, int pixel, out TVector red, out TVector green, out TVector blue)
            where TLayout : IChromaLayout
        {
            TVector pairs = TVector.SubtractPairs(TLayout.Load(row, pixel, out TVector u, out TVector v), _black);
            TVector even = TVector.Multiply(TVector.And(pairs, TVector.Broadcast(0xFFFF)), _luma);
            TVector odd = TVector.Multiply(TVector.ShiftRightLogical(pairs, 16), _luma);
            red = Sum(even, odd, TVector.Add(TVector.Multiply(v, _redV), _redOffset));
            green = Sum(
                even, odd, TVector.Add(TVector.Add(TVector.Multiply(u, _greenU), TVector.Multiply(v, _greenV)), _greenOffset));
            blue = Sum(even, odd, TVector.Add(TVector.Multiply(u, _blueU), _blueOffset));
        }

        // The odd pixel's sum is shifted so that its whole part begins at bit 16.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Sum(TVector even, TVector odd, TVector chroma) => TVector.Join(
            TVector.ShiftRight(TVector.Add(even, chroma), ColourCoefficients.FractionBits),
            TVector.ShiftRight(TVector.Add(odd, chroma), ColourCoefficients.FractionBits - 16));
    }

    private readonly struct Yuyv : IChromaLayout
    {
        public static int Luma(in ChromaRow row, int pixel) => row.First[2 * pixel];

        public static (int U, int V) Chroma(in ChromaRow row, int pixel) => (row.First[(2 * pixel) + 1], row.First[(2 * pixel) + 3]);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(in ChromaRow row, int pixel, out TVector u, out TVector v)
        {
            TVector bytes = TVector.Load(row.First + (2 * pixel));
            u = TVector.And(TVector.ShiftRightLogical(bytes, 8), TVector.Broadcast(0xFF));
            v = TVector.ShiftRightLogical(bytes, 24);
            return TVector.And(bytes, TVector.Broadcast(0x00FF00FF));
        }
    }

    private readonly struct Uyvy : IChromaLayout
    {
        public static int Luma(in ChromaRow row, int pixel) => row.First[(2 * pixel) + 1];

        public static (int U, int V) Chroma(in ChromaRow row, int pixel) => (row.First[2 * pixel], row.First[(2 * pixel) + 2]);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(in ChromaRow row, int pixel, out TVector u, out TVector v)
        {
            TVector bytes = TVector.Load(row.First + (2 * pixel));
            u = TVector.And(bytes, TVector.Broadcast(0xFF));
            v = TVector.And(TVector.ShiftRightLogical(bytes, 16), TVector.Broadcast(0xFF));
            return TVector.And(TVector.ShiftRightLogical(bytes, 8), TVector.Broadcast(0x00FF00FF));
        }
    }

    private readonly struct Nv12 : IChromaLayout
    {
        public static int Luma(in ChromaRow row, int pixel) => row.First[pixel];

        public static (int U, int V) Chroma(in ChromaRow row, int pixel) => (row.Second[pixel], row.Second[pixel + 1]);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(in ChromaRow row, int pixel, out TVector u, out TVector v)
        {
            TVector chroma = TVector.LoadPairs(row.Second + pixel);
            u = TVector.And(chroma, TVector.Broadcast(0xFFFF));
            v = TVector.ShiftRightLogical(chroma, 16);
            return TVector.LoadPairs(row.First + pixel);
        }
    }

    private readonly struct Nv21 : IChromaLayout
    {
        public static int Luma(in ChromaRow row, int pixel) => row.First[pixel];

        public static (int U, int V) Chroma(in ChromaRow row, int pixel) => (row.Second[pixel + 1], row.Second[pixel]);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(in ChromaRow row, int pixel, out TVector u, out TVector v) => Nv12.Load(row, pixel, out v, out u);
    }

    private readonly struct I420 : IChromaLayout
    {
        public static int Luma(in ChromaRow row, int pixel) => row.First[pixel];

        public static (int U, int V) Chroma(in ChromaRow row, int pixel) => (row.Second[pixel / 2], row.Third[pixel / 2]);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Load(in ChromaRow row, int pixel, out TVector u, out TVector v)
        {
            u = TVector.LoadBytes(row.Second + (pixel / 2));
            v = TVector.LoadBytes(row.Third + (pixel / 2));
            return TVector.LoadPairs(row.First + pixel);
        }
    }
}
