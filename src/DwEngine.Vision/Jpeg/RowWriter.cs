namespace DwEngine.Vision.Jpeg;

/// <summary>Writes rows of a frame's picture as soon as the samples that they and their neighbours need are there.</summary>
internal sealed class RowWriter
{
    private readonly JpegFrame _frame;
    private readonly ColourModel _model;
    private readonly Upsampler[] _upsamplers;
    private readonly UprightImage _image;
    private readonly byte[] _row;

    /// <param name="frame">The frame, which keeps samples from now on.</param>
    /// <param name="model">What its components mean.</param>
    /// <param name="orientation">EXIF's orientation, 1 to 8.</param>
    public RowWriter(JpegFrame frame, ColourModel model, int orientation)
    {
        _frame = frame;
        _model = model;
        _upsamplers =
        [
            .. frame.Components.Select(component =>
                new Upsampler(component, frame.MaxHorizontal / component.Horizontal, frame.MaxVertical / component.Vertical)),
        ];
        foreach (JpegComponent component in frame.Components)
        {
            component.KeepSamples();
        }

        _image = new UprightImage(frame.Width, frame.Height, orientation);
        _row = new byte[RgbImage.Channels * frame.Width];
    }

    /// <summary>
    /// To be called when a row of minimum coded units is there, from 0 on: writes the rows of the picture that now can be.
    /// </summary>
    public void Advance(int units)
    {
        if (units > 0)
        {
            Write(units - 1);
        }

        if (units == _frame.UnitsHigh - 1)
        {
            Write(units);
        }
    }

    /// <summary>The picture, once all rows are there.</summary>
    public RgbImage ToImage() => _image.ToImage();

    private void Write(int units)
    {
        int unitHeight = _frame.MaxVertical * JpegComponent.BlockSide;
        int end = Math.Min((units + 1) * unitHeight, _frame.Height);
        for (int y = units * unitHeight; y < end; y++)
        {
            ReadOnlySpan<byte> first = _upsamplers[0].Row(y);
            bool grey = _upsamplers.Length == 1;
            ReadOnlySpan<byte> second = grey ? first : _upsamplers[1].Row(y);
            ReadOnlySpan<byte> third = grey ? first : _upsamplers[2].Row(y);
            ColourConverter.ToRgb(_model, first, second, third, _row);
            if (_upsamplers.Length == 4)
            {
                ColourConverter.MixBlack(_model, _upsamplers[3].Row(y), _row);
            }

            _image.Write(y, 0, 1, _row);
        }
    }
}
