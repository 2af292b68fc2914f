namespace DwEngine.Vision.Jpeg;

/// <summary>
/// Brings rows of a subsampled component to the picture's width and height: smoothly by a triangle filter where it is subsampled by two, by
/// repetition otherwise. Bit for bit as libjpeg-turbo, and so Pillow, does it.
/// </summary>
internal sealed class Upsampler
{
    private readonly JpegComponent _component;
    private readonly int _horizontal;
    private readonly int _vertical;
    private readonly bool _smooth;
    private readonly byte[] _row;
    private readonly int[] _sums;

    /// <param name="component">The component.</param>
    /// <param name="horizontal">How many columns of the picture share a sample.</param>
    /// <param name="vertical">How many rows of the picture share a sample.</param>
    public Upsampler(JpegComponent component, int horizontal, int vertical)
    {
        _component = component;
        _horizontal = horizontal;
        _vertical = vertical;
        _smooth = (horizontal, vertical) is (1, 2) || ((horizontal, vertical) is (2, 1) or (2, 2) && component.Width > 2);
        _row = new byte[component.Width * horizontal];
        _sums = _smooth && vertical == 2 ? new int[component.Width] : [];
    }

    /// <summary>A row of the picture's height; at least as wide as the picture. Valid until the next.</summary>
    public ReadOnlySpan<byte> Row(int y)
    {
        ReadOnlySpan<byte> samples = _component.Row(y / _vertical);
        if (_smooth && _vertical == 2)
        {
            ReadOnlySpan<byte> neighbours = _component.Row((y & 1) == 0 ? (y / 2) - 1 : (y / 2) + 1);
            for (int i = 0; i < _sums.Length; i++)
            {
                _sums[i] = (samples[i] * 3) + neighbours[i];
            }

            if (_horizontal == 2)
            {
                WidenSums();
            }
            else
            {
                int half = 1 + (y & 1);
                for (int i = 0; i < _sums.Length; i++)
                {
                    _row[i] = (byte)((_sums[i] + half) >> 2);
                }
            }

            return _row;
        }

        if (_horizontal == 1)
        {
            return samples;
        }

        if (_smooth)
        {
            Widen(samples);
            return _row;
        }

        for (int i = 0; i < samples.Length; i++)
        {
            _row.AsSpan(i * _horizontal, _horizontal).Fill(samples[i]);
        }

        return _row;
    }

    private void Widen(ReadOnlySpan<byte> samples)
    {
        int last = samples.Length - 1;
        _row[0] = samples[0];
        _row[1] = (byte)(((samples[0] * 3) + samples[1] + 2) >> 2);
        for (int i = 1; i < last; i++)
        {
            int value = samples[i] * 3;
            _row[2 * i] = (byte)((value + samples[i - 1] + 1) >> 2);
            _row[(2 * i) + 1] = (byte)((value + samples[i + 1] + 2) >> 2);
        }

        _row[2 * last] = (byte)(((samples[last] * 3) + samples[last - 1] + 1) >> 2);
        _row[(2 * last) + 1] = samples[last];
    }

    private void WidenSums()
    {
        ReadOnlySpan<int> sums = _sums;
        int last = sums.Length - 1;
        _row[0] = (byte)(((sums[0] * 4) + 8) >> 4);
        _row[1] = (byte)(((sums[0] * 3) + sums[1] + 7) >> 4);
        for (int i = 1; i < last; i++)
        {
            int value = sums[i] * 3;
            _row[2 * i] = (byte)((value + sums[i - 1] + 8) >> 4);
            _row[(2 * i) + 1] = (byte)((value + sums[i + 1] + 7) >> 4);
        }

        _row[2 * last] = (byte)(((sums[last] * 3) + sums[last - 1] + 8) >> 4);
        _row[(2 * last) + 1] = (byte)(((sums[last] * 4) + 7) >> 4);
    }
}
