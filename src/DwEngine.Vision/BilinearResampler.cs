using System.Buffers;

namespace DwEngine.Vision;

/// <summary>
/// Antialiased bilinear resampling of 8-bit images, bit for bit as Pillow does it: a triangle filter that widens with the
/// scale when shrinking, applied to rows and then to columns, with weights in fixed point and samples rounded to 8 bits
/// between the two passes.
/// </summary>
internal static class BilinearResampler
{
    /// <summary>Fraction bits of a weight: 32, less 8 for the sample and 2 for the sum's headroom and sign.</summary>
    public const int FractionBits = 22;

    /// <summary>Rounds a sum to the nearest.</summary>
    public const int Half = 1 << (FractionBits - 1);

    /// <summary>The part of an axis of the resized image that is wanted.</summary>
    /// <param name="ResizedLength">Length of the whole axis after resizing.</param>
    /// <param name="Start">First position wanted.</param>
    /// <param name="Length">How many positions are wanted.</param>
    public readonly record struct AxisWindow(long ResizedLength, long Start, int Length);

    /// <summary>Resamples and writes one window of the resized image; what lies outside it is not computed.</summary>
    /// <param name="source">Interleaved RGB, <c>3 * width * height</c> samples.</param>
    /// <param name="width">Width of the source in pixels.</param>
    /// <param name="height">Height of the source in pixels.</param>
    /// <param name="columns">The columns of the resized image that are wanted.</param>
    /// <param name="rows">The rows of the resized image that are wanted.</param>
    /// <param name="target">Where the window's interleaved RGB goes: <c>3 * columns.Length * rows.Length</c> samples.</param>
    public static void Resample(ReadOnlySpan<byte> source, int width, int height, AxisWindow columns, AxisWindow rows, Span<byte> target) =>
        Resample(source, width, Weights.For(width, columns), Weights.For(height, rows), target);

    /// <summary>The same, with weights that the caller keeps for pictures of the same size.</summary>
    /// <param name="source">Interleaved RGB, <c>3 * width * height</c> samples.</param>
    /// <param name="width">Width of the source in pixels.</param>
    /// <param name="height">Height of the source in pixels.</param>
    /// <param name="columns">The columns of the resized image that are wanted.</param>
    /// <param name="rows">The rows of the resized image that are wanted.</param>
    /// <param name="target">Where the window's interleaved RGB goes: <c>3 * columns.Length * rows.Length</c> samples.</param>
    /// <param name="horizontal">The weights of the last picture's columns.</param>
    /// <param name="vertical">The weights of the last picture's rows.</param>
    public static void Resample(
        ReadOnlySpan<byte> source, int width, int height, AxisWindow columns, AxisWindow rows, Span<byte> target,
        ref CachedWeights horizontal, ref CachedWeights vertical) =>
        Resample(source, width, horizontal.For(width, columns), vertical.For(height, rows), target);

    private static void Resample(ReadOnlySpan<byte> source, int width, Weights horizontal, Weights vertical, Span<byte> target)
    {
        const int Channels = RgbImage.Channels;
        int stride = horizontal.Starts.Length * Channels;
        byte[] narrowed = ArrayPool<byte>.Shared.Rent(checked(vertical.SourceLength * stride));
        try
        {
            ReadOnlySpan<byte> usedRows = source.Slice(
                vertical.SourceStart * width * Channels, vertical.SourceLength * width * Channels);
            ResampleRows(usedRows, width, vertical.SourceLength, horizontal, narrowed);
            ResampleColumns(narrowed, stride, vertical, target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(narrowed);
        }
    }

    private static void ResampleRows(ReadOnlySpan<byte> source, int width, int height, Weights weights, Span<byte> target)
    {
        const int Channels = RgbImage.Channels;
        int sourceStride = width * Channels;
        int targetStride = weights.Starts.Length * Channels;
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> row = source.Slice(y * sourceStride, sourceStride);
            Span<byte> output = target.Slice(y * targetStride, targetStride);
            for (int x = 0; x < weights.Starts.Length; x++)
            {
                ReadOnlySpan<int> taps = weights.Taps(x);
                ReadOnlySpan<byte> pixels = row.Slice(weights.Starts[x] * Channels, taps.Length * Channels);
                int red = Half;
                int green = Half;
                int blue = Half;
                for (int tap = 0; tap < taps.Length; tap++)
                {
                    int weight = taps[tap];
                    ReadOnlySpan<byte> pixel = pixels.Slice(tap * Channels, Channels);
                    red += pixel[0] * weight;
                    green += pixel[1] * weight;
                    blue += pixel[2] * weight;
                }

                Span<byte> result = output.Slice(x * Channels, Channels);
                result[0] = ToByte(red);
                result[1] = ToByte(green);
                result[2] = ToByte(blue);
            }
        }
    }

    private static void ResampleColumns(ReadOnlySpan<byte> source, int stride, Weights weights, Span<byte> target)
    {
        int[] sums = ArrayPool<int>.Shared.Rent(stride);
        Span<int> row = sums.AsSpan(0, stride);
        for (int y = 0; y < weights.Starts.Length; y++)
        {
            ReadOnlySpan<int> taps = weights.Taps(y);
            row.Fill(Half);
            for (int tap = 0; tap < taps.Length; tap++)
            {
                int weight = taps[tap];
                ReadOnlySpan<byte> input = source.Slice((weights.Starts[y] - weights.SourceStart + tap) * stride, row.Length);
                for (int i = 0; i < row.Length; i++)
                {
                    row[i] += input[i] * weight;
                }
            }

            Span<byte> output = target.Slice(y * stride, row.Length);
            for (int i = 0; i < row.Length; i++)
            {
                output[i] = ToByte(row[i]);
            }
        }

        ArrayPool<int>.Shared.Return(sums);
    }

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> FractionBits, 0, byte.MaxValue);

    /// <summary>The weights of the last resize of an axis.</summary>
    public struct CachedWeights
    {
        private int _sourceLength;
        private AxisWindow _window;
        private Weights _weights;

        /// <summary>The weights of an axis; computed only if it is not the last one again.</summary>
        public Weights For(int sourceLength, AxisWindow window)
        {
            if (sourceLength != _sourceLength || window != _window)
            {
                _weights = Weights.For(sourceLength, window);
                (_sourceLength, _window) = (sourceLength, window);
            }

            return _weights;
        }
    }

    /// <summary>For each wanted position of an axis, where its source samples start and what each of them weighs.</summary>
    public readonly struct Weights
    {
        private readonly int[] _taps;
        private readonly int[] _counts;
        private readonly int _maxCount;

        private Weights(int length, int maxCount)
        {
            Starts = new int[length];
            _counts = new int[length];
            _taps = new int[checked(length * maxCount)];
            _maxCount = maxCount;
            SourceStart = 0;
            SourceLength = 0;
        }

        /// <summary>The first source sample of each wanted position.</summary>
        public int[] Starts { get; }

        /// <summary>The first source sample that any wanted position uses.</summary>
        public int SourceStart { get; private init; }

        /// <summary>How many source samples the wanted positions span.</summary>
        public int SourceLength { get; private init; }

        /// <summary>The weights of a position's source samples, in fixed point; they sum to one but for rounding.</summary>
        public ReadOnlySpan<int> Taps(int position) => _taps.AsSpan(position * _maxCount, _counts[position]);

        public static Weights For(int sourceLength, AxisWindow window)
        {
            double scale = (double)sourceLength / window.ResizedLength;
            double support = Math.Max(scale, 1);
            double inverseSupport = 1 / support;

            // A filter as wide as the source never has more taps than the source has samples.
            int maxCount = Math.Min((2 * (int)Math.Ceiling(support)) + 1, sourceLength);
            Weights weights = new(window.Length, maxCount);
            double[] exact = new double[maxCount];
            for (int i = 0; i < window.Length; i++)
            {
                double center = (window.Start + i + 0.5) * scale;
                int start = Math.Max((int)(center - support + 0.5), 0);
                int count = Math.Min((int)(center + support + 0.5), sourceLength) - start;
                double sum = 0;
                for (int tap = 0; tap < count; tap++)
                {
                    double distance = (tap + start - center + 0.5) * inverseSupport;
                    exact[tap] = Math.Max(1 - Math.Abs(distance), 0);
                    sum += exact[tap];
                }

                for (int tap = 0; tap < count; tap++)
                {
                    weights._taps[(i * maxCount) + tap] = (int)((exact[tap] / sum * (1 << FractionBits)) + 0.5);
                }

                weights.Starts[i] = start;
                weights._counts[i] = count;
            }

            int first = weights.Starts[0];
            return weights with { SourceStart = first, SourceLength = weights.Starts[^1] + weights._counts[^1] - first };
        }
    }
}
