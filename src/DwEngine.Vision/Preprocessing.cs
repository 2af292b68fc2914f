using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using DwEngine.Models;
using DwEngine.Vision.Frames;

namespace DwEngine.Vision;

/// <summary>
/// torchvision's inference preprocessing: resize the shorter side, cut the middle square, scale to 0 to 1, normalise each
/// channel. Immutable and safe to share between threads.
/// </summary>
public sealed class Preprocessing
{
    /// <summary>The largest resize or crop size that is accepted, in pixels.</summary>
    public const int MaxSize = ModelMetadata.MaxInputSize;

    /// <summary>Up to this input size, images are of the network's own size (CIFAR) and no margin is cut from them.</summary>
    private const int LargestSizeWithoutMargin = 64;

    private readonly float[] _normalised;

    /// <summary>Creates the preprocessing from its four values.</summary>
    /// <param name="resizeSize">Length of the shorter side after resizing, in pixels, 1 to <see cref="MaxSize"/>.</param>
    /// <param name="cropSize">Side S of the square that is cut, in pixels, 1 to <see cref="MaxSize"/>.</param>
    /// <param name="mean">Mean of red, green and blue, in units of the full range 0 to 1.</param>
    /// <param name="standardDeviation">Standard deviation of red, green and blue, in the same units; each above 0.</param>
    /// <exception cref="DwEngineException">A value is out of its range.</exception>
    public Preprocessing(int resizeSize, int cropSize, ImmutableArray<float> mean, ImmutableArray<float> standardDeviation)
    {
        CheckSize(resizeSize, "resize size");
        CheckSize(cropSize, "crop size");
        CheckChannels(mean, "mean", float.MinValue);
        CheckChannels(standardDeviation, "standard deviation", float.Epsilon);
        ResizeSize = resizeSize;
        CropSize = cropSize;
        Mean = mean;
        StandardDeviation = standardDeviation;
        _normalised = Normalise(mean, standardDeviation);
    }

    /// <summary>Length of the shorter side after resizing, in pixels.</summary>
    public int ResizeSize { get; }

    /// <summary>Side S of the square that is cut, in pixels.</summary>
    public int CropSize { get; }

    /// <summary>Mean of red, green and blue, in units of the full range 0 to 1.</summary>
    public ImmutableArray<float> Mean { get; }

    /// <summary>Standard deviation of red, green and blue, in the same units as <see cref="Mean"/>.</summary>
    public ImmutableArray<float> StandardDeviation { get; }

    /// <summary>Whether the first plane is blue and the last one red; else the first is red.</summary>
    public bool BlueFirst { get; init; }

    /// <summary>Samples of a preprocessed image: 3 x S x S.</summary>
    public int OutputLength => RgbImage.Channels * CropSize * CropSize;

    /// <summary>
    /// The preprocessing that a network was made for, torchvision's ImageNet values standing in for what is unknown. The
    /// shorter side is resized to 256/224 of the input size, as torchvision does for ImageNet; networks for images of at most
    /// 64 pixels (CIFAR) get the image at the input size itself, so that one of that size already is left untouched.
    /// </summary>
    /// <exception cref="DwEngineException">The metadata holds a size, mean or standard deviation out of its range.</exception>
    public static Preprocessing For(ModelMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ModelMetadata known = metadata.Or(ModelMetadata.ImageNet);
        int size = known.InputSize!.Value;
        CheckSize(size, "input size");
        int resize = size <= LargestSizeWithoutMargin ? size : Math.Min((int)Math.Round(size * 256 / 224.0), MaxSize);
        return new Preprocessing(resize, size, known.Mean!.Value, known.StandardDeviation!.Value)
        {
            BlueFirst = MegviiShuffleNetV2.IsBlueFirst(known),
        };
    }

    /// <summary>All values.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"resize {ResizeSize}, crop {CropSize}, mean {string.Join(',', Mean.Select(Text))}, std "
            + $"{string.Join(',', StandardDeviation.Select(Text))}{(BlueFirst ? ", blue first" : "")}");

    /// <summary>Preprocesses an image for a network.</summary>
    /// <param name="image">The upright image, of any size.</param>
    /// <param name="nchw">Where the 1 x 3 x S x S tensor goes, <see cref="OutputLength"/> values.</param>
    /// <exception cref="ShapeException"><paramref name="nchw"/> has another length.</exception>
    public void Apply(RgbImage image, Span<float> nchw)
    {
        ArgumentNullException.ThrowIfNull(image);
        Apply(image.Pixels, image.Width, image.Height, nchw);
    }

    /// <summary>Preprocesses an image that is not a file's, such as a camera's, without copying it first.</summary>
    /// <param name="rgb">Interleaved 8-bit RGB, <c>3 * width * height</c> samples.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="nchw">
    /// Where the 1 x 3 x S x S tensor goes, <see cref="OutputLength"/> values. It may share memory with <paramref name="rgb"/>, all of
    /// which is read before any of it is written.
    /// </param>
    /// <exception cref="ShapeException">A span has another length than it must.</exception>
    public void Apply(ReadOnlySpan<byte> rgb, int width, int height, Span<float> nchw)
    {
        CheckOutput(nchw.Length);
        byte[] crop = ArrayPool<byte>.Shared.Rent(OutputLength);
        try
        {
            ResizeAndCrop(rgb, width, height, crop.AsSpan(0, OutputLength));
            int plane = CropSize * CropSize;
            for (int channel = 0; channel < RgbImage.Channels; channel++)
            {
                ReadOnlySpan<float> normalised = _normalised.AsSpan(channel * 256, 256);
                Span<float> output = nchw.Slice(PlaneOf(channel) * plane, plane);
                for (int i = 0, sample = channel; i < output.Length; i++, sample += RgbImage.Channels)
                {
                    output[i] = normalised[crop[sample]];
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(crop);
        }
    }

    /// <summary>Resizes and cuts, without normalising.</summary>
    /// <param name="image">The upright image, of any size.</param>
    /// <param name="chw">Where the 3 x S x S planes of 8-bit samples go, <see cref="OutputLength"/> of them.</param>
    /// <exception cref="ShapeException"><paramref name="chw"/> has another length.</exception>
    public void ResizeAndCrop(RgbImage image, Span<byte> chw)
    {
        ArgumentNullException.ThrowIfNull(image);
        CheckOutput(chw.Length);
        byte[] crop = new byte[OutputLength];
        ResizeAndCrop(image.Pixels, image.Width, image.Height, crop);
        int plane = CropSize * CropSize;
        for (int i = 0; i < crop.Length; i++)
        {
            chw[(PlaneOf(i % RgbImage.Channels) * plane) + (i / RgbImage.Channels)] = crop[i];
        }
    }

    /// <summary>
    /// Writes the interleaved crop. Only the pixels that the crop keeps are resampled, so that a strip of extreme proportions
    /// costs no more than its crop.
    /// </summary>
    private void ResizeAndCrop(ReadOnlySpan<byte> rgb, int width, int height, Span<byte> crop)
    {
        RgbImage.CheckLength(width, height, rgb.Length);
        (long resizedWidth, long resizedHeight) = Resize.SizeFor(width, height, ResizeSize);
        CenterCrop.Extent columns = CenterCrop.Extent.Center(resizedWidth, CropSize);
        CenterCrop.Extent rows = CenterCrop.Extent.Center(resizedHeight, CropSize);
        BilinearResampler.AxisWindow wantedColumns = new(resizedWidth, columns.Source, columns.Length);
        BilinearResampler.AxisWindow wantedRows = new(resizedHeight, rows.Source, rows.Length);
        if (columns.Length == CropSize)
        {
            int stride = RgbImage.Channels * CropSize;
            crop[..(rows.Target * stride)].Clear();
            crop[((rows.Target + rows.Length) * stride)..].Clear();
            Span<byte> window = crop.Slice(rows.Target * stride, rows.Length * stride);
            BilinearResampler.Resample(rgb, width, height, wantedColumns, wantedRows, window);
            return;
        }

        byte[] narrow = new byte[RgbImage.Channels * columns.Length * rows.Length];
        BilinearResampler.Resample(rgb, width, height, wantedColumns, wantedRows, narrow);
        CenterCrop.Apply(new RgbImage(columns.Length, rows.Length, narrow), CropSize).Pixels.CopyTo(crop);
    }

    /// <summary>What becomes of an upright picture that is a camera's.</summary>
    internal FrameTarget TargetFor(int width, int height)
    {
        (long resizedWidth, long resizedHeight) = Resize.SizeFor(width, height, ResizeSize);
        CenterCrop.Extent columns = CenterCrop.Extent.Center(resizedWidth, CropSize);
        CenterCrop.Extent rows = CenterCrop.Extent.Center(resizedHeight, CropSize);
        return new FrameTarget(
            CropSize, CropSize, new(resizedWidth, columns.Source, columns.Length), new(resizedHeight, rows.Source, rows.Length),
            columns.Target, rows.Target)
        {
            Mean = Mean,
            StandardDeviation = StandardDeviation,
            BlueFirst = BlueFirst,
        };
    }

    private int PlaneOf(int channel) => BlueFirst ? RgbImage.Channels - 1 - channel : channel;

    private void CheckOutput(int length)
    {
        if (length != OutputLength)
        {
            throw new ShapeException(
                $"The preprocessed image has 3 x {CropSize} x {CropSize} = {Words.Count(OutputLength, "sample")}, but the output has "
                + $"room for {length}.");
        }
    }

    /// <summary>What each of the 256 samples becomes, computed in torchvision's order and precision.</summary>
    internal static float[] Normalise(ImmutableArray<float> mean, ImmutableArray<float> standardDeviation)
    {
        float[] values = new float[RgbImage.Channels * 256];
        for (int i = 0; i < values.Length; i++)
        {
            float sample = i % 256 / 255f;
            values[i] = (sample - mean[i / 256]) / standardDeviation[i / 256];
        }

        return values;
    }

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    internal static void CheckSize(int size, string what)
    {
        if (size is < 1 or > MaxSize)
        {
            throw new DwEngineException($"Preprocessing with {what} {size}; 1 to {MaxSize} pixels are accepted.");
        }
    }

    internal static void CheckChannels(ImmutableArray<float> values, string what, float minimum)
    {
        if (values.IsDefault || values.Length != RgbImage.Channels || values.Any(value => !float.IsFinite(value) || value < minimum))
        {
            string found = values.IsDefault ? "nothing" : string.Join(", ", values);
            throw new DwEngineException(
                $"Preprocessing with {what} {found}; three finite numbers{(minimum > 0 ? " above 0" : "")} were expected.");
        }
    }
}
