using DwEngine.Files;

namespace DwEngine.Vision.Jpeg;

/// <summary>What a scan header declares.</summary>
/// <param name="Components">The components whose data the scan holds.</param>
/// <param name="Start">First coefficient in zigzag order.</param>
/// <param name="End">Last coefficient.</param>
/// <param name="PreviousBit">The bit down to which earlier scans told the coefficients; 0 for none.</param>
/// <param name="Bit">The bit down to which this scan tells them.</param>
/// <param name="RestartInterval">Minimum coded units between restart markers; 0 for no markers.</param>
internal readonly record struct JpegScanHeader(
    JpegComponent[] Components, int Start, int End, int PreviousBit, int Bit, int RestartInterval);

/// <summary>Decodes the entropy-coded data of one scan (T.81, annexes F and G).</summary>
internal ref struct JpegScan
{
    private readonly JpegFrame _frame;
    private readonly JpegScanHeader _header;
    private JpegBitReader _reader;

    // How many more blocks have no further coefficients.
    private int _emptyBlocks;

    /// <param name="frame">The frame.</param>
    /// <param name="header">The scan's header.</param>
    /// <param name="reader">At the first byte behind it.</param>
    public JpegScan(JpegFrame frame, JpegScanHeader header, JpegBitReader reader)
    {
        _frame = frame;
        _header = header;
        _reader = reader;
    }

    // Where each coefficient in zigzag order stands in its block.
    private static ReadOnlySpan<byte> s_naturalOrder =>
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    /// <summary>Where a coefficient of this place in zigzag order stands in its block.</summary>
    public static int NaturalOrder(int zigzag) => s_naturalOrder[zigzag];

    /// <summary>Decodes the whole scan.</summary>
    /// <param name="writer">
    /// Takes the picture row by row where the scan holds all of it; null where the components keep their coefficients.
    /// </param>
    /// <returns>The offset of the marker that ends the scan.</returns>
    /// <exception cref="FileFormatException">The data are not exactly those of the declared picture.</exception>
    public int Decode(RowWriter? writer)
    {
        Span<short> block = stackalloc short[JpegComponent.BlockLength];
        JpegComponent[] components = _header.Components;
        bool interleaved = components.Length > 1;
        int wide = interleaved ? _frame.UnitsWide : components[0].BlocksWide;
        int high = interleaved ? _frame.UnitsHigh : components[0].BlocksHigh;
        long restarts = 0;
        long expectedRestarts = _header.RestartInterval == 0 ? 0 : (((long)wide * high) - 1) / _header.RestartInterval;
        int untilRestart = _header.RestartInterval;
        Reset();
        for (int y = 0; y < high; y++)
        {
            for (int x = 0; x < wide; x++)
            {
                if (_header.RestartInterval > 0 && untilRestart-- == 0)
                {
                    Restart(restarts++, expectedRestarts);
                    untilRestart = _header.RestartInterval - 1;
                }

                if (!interleaved)
                {
                    Decode(components[0], x, y, writer is null ? components[0].Block(x, y) : block, writer is not null);
                    continue;
                }

                foreach (JpegComponent component in components)
                {
                    for (int row = y * component.Vertical; row < (y + 1) * component.Vertical; row++)
                    {
                        for (int column = x * component.Horizontal; column < (x + 1) * component.Horizontal; column++)
                        {
                            Decode(component, column, row, writer is null ? component.Block(column, row) : block, writer is not null);
                        }
                    }
                }
            }

            writer?.Advance(y);
        }

        if (_emptyBlocks > 0)
        {
            throw _reader.Error($"tells of {_emptyBlocks} blocks more than the picture has; none were expected");
        }

        _ = _reader.ReadToMarker();
        return _reader.Position;
    }

    private void Decode(JpegComponent component, int column, int row, scoped Span<short> block, bool transform)
    {
        if (!_frame.Progressive)
        {
            if (transform)
            {
                block.Clear();
            }

            DecodeWhole(component, block);
            if (transform && !component.Transform(block, column, row))
            {
                throw _reader.Error("has a block beyond black or white, as damaged data do; 8-bit samples were expected");
            }
        }
        else if (_header.Start == 0)
        {
            if (_header.PreviousBit == 0)
            {
                DecodeDc(component, block, _header.Bit);
            }
            else
            {
                block[0] |= (short)(_reader.ReadBits(1) << _header.Bit);
            }
        }
        else if (_header.PreviousBit == 0)
        {
            DecodeAc(component, block);
        }
        else
        {
            RefineAc(component, block);
        }
    }

    private void DecodeDc(JpegComponent component, scoped Span<short> block, int bit)
    {
        int size = _reader.ReadSymbol(component.DcTable!);
        component.Prediction += _reader.ReadSigned(size);
        block[0] = (short)(component.Prediction << bit);
    }

    private void DecodeWhole(JpegComponent component, scoped Span<short> block)
    {
        DecodeDc(component, block, bit: 0);
        HuffmanTable table = component.AcTable!;
        for (int index = 1; index < JpegComponent.BlockLength; index++)
        {
            int symbol = _reader.ReadSymbol(table);
            int size = symbol & 15;
            int zeros = symbol >> 4;
            if (size == 0)
            {
                if (zeros < 15)
                {
                    return;
                }

                index += 15;
                continue;
            }

            index = Within(index + zeros, JpegComponent.BlockLength - 1);
            block[s_naturalOrder[index]] = (short)_reader.ReadSigned(size);
        }
    }

    private void DecodeAc(JpegComponent component, scoped Span<short> block)
    {
        if (_emptyBlocks > 0)
        {
            _emptyBlocks--;
            return;
        }

        HuffmanTable table = component.AcTable!;
        for (int index = _header.Start; index <= _header.End; index++)
        {
            int symbol = _reader.ReadSymbol(table);
            int size = symbol & 15;
            int zeros = symbol >> 4;
            if (size == 0)
            {
                if (zeros < 15)
                {
                    _emptyBlocks = (1 << zeros) + _reader.ReadBits(zeros) - 1;
                    return;
                }

                index += 15;
                continue;
            }

            index = Within(index + zeros, _header.End);
            block[s_naturalOrder[index]] = (short)(_reader.ReadSigned(size) << _header.Bit);
        }
    }

    private void RefineAc(JpegComponent component, scoped Span<short> block)
    {
        int index = _header.Start;
        if (_emptyBlocks == 0)
        {
            HuffmanTable table = component.AcTable!;
            for (; index <= _header.End; index++)
            {
                int symbol = _reader.ReadSymbol(table);
                int size = symbol & 15;
                int zeros = symbol >> 4;
                int value = 0;
                if (size == 0)
                {
                    if (zeros < 15)
                    {
                        _emptyBlocks = (1 << zeros) + _reader.ReadBits(zeros);
                        break;
                    }
                }
                else if (size == 1)
                {
                    value = _reader.ReadBits(1) == 0 ? -(1 << _header.Bit) : 1 << _header.Bit;
                }
                else
                {
                    throw _reader.Error($"refines a coefficient by {Words.Count(size, "bit")}; 1 was expected");
                }

                index = RefineUntil(block, index, zeros);
                if (value != 0)
                {
                    block[s_naturalOrder[Within(index, _header.End)]] = (short)value;
                }
            }
        }

        if (_emptyBlocks > 0)
        {
            _ = RefineUntil(block, index, int.MaxValue);
            _emptyBlocks--;
        }
    }

    /// <summary>Refines the coefficients that are not zero up to the place behind so many that are.</summary>
    private int RefineUntil(scoped Span<short> block, int index, int zeros)
    {
        for (; index <= _header.End; index++)
        {
            ref short coefficient = ref block[s_naturalOrder[index]];
            if (coefficient == 0)
            {
                if (zeros-- == 0)
                {
                    break;
                }
            }
            else if (_reader.ReadBits(1) != 0)
            {
                int bit = 1 << _header.Bit;
                coefficient += (short)(coefficient > 0 ? bit : -bit);
            }
        }

        return index;
    }

    private readonly int Within(int index, int last) =>
        index <= last ? index : throw _reader.Error("has a coefficient behind the last of its block; 64 were expected");

    private void Restart(long restarts, long expected)
    {
        byte marker = _emptyBlocks == 0
            ? _reader.ReadToMarker()
            : throw _reader.Error($"tells of {_emptyBlocks} blocks behind a restart marker; none were expected");
        if (marker is < 0xD0 or > 0xD7)
        {
            throw _reader.Error($"ends with {restarts} restart markers; {expected}, each with data behind it, were expected");
        }

        if (marker != 0xD0 + (int)(restarts % 8))
        {
            throw _reader.Error($"lacks data: restart marker {marker - 0xD0} is here; {restarts % 8} was expected");
        }

        _reader.SkipMarker();
        Reset();
    }

    private void Reset()
    {
        _emptyBlocks = 0;
        foreach (JpegComponent component in _header.Components)
        {
            component.Prediction = 0;
        }
    }
}
