using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// A panel is the strip of output channels that one tile computes. Heights of 8, 6 and 4 are mixed so that an even number of channels, such
/// as ShuffleNet's 58 or 116, needs no padding.
/// </summary>
/// <param name="FirstRow">The panel's first output channel.</param>
/// <param name="Height">Rows of the tile: 8, 6 or 4.</param>
/// <param name="RowCount">Rows that exist; less than <paramref name="Height"/> only in the last panel.</param>
internal readonly record struct Panel(int FirstRow, int Height, int RowCount)
{
    /// <summary>Cuts <paramref name="rows"/> output channels into panels.</summary>
    public static ImmutableArray<Panel> Cut(int rows)
    {
        int even = (rows + 1) / 2 * 2;
        // The remainder modulo 8 goes into panels of 6 and 4: 2 = 6 + 6 + 6 - 16, 2 + 8 = 6 + 4, 4 = 6 + 6 - 8.
        (int sixes, int fours) = (even % 8) switch
        {
            0 => (0, 0),
            2 => even >= 18 ? (3, 0) : even >= 10 ? (1, 1) : (0, 1),
            4 => even >= 12 ? (2, 0) : (0, 1),
            _ => (1, 0),
        };

        ImmutableArray<Panel>.Builder panels = ImmutableArray.CreateBuilder<Panel>();
        int eights = Math.Max(0, even - (6 * sixes) - (4 * fours)) / 8;
        int first = 0;
        foreach ((int height, int count) in new[] { (8, eights), (6, sixes), (4, fours) })
        {
            for (int i = 0; i < count; i++)
            {
                panels.Add(new Panel(first, height, Math.Min(height, rows - first)));
                first += height;
            }
        }

        return panels.DrainToImmutable();
    }
}

/// <summary>
/// Weights and biases of all groups, packed for <see cref="GemmTile{TVector}"/>: for each group and panel first the biases, then for each k
/// the weights of the panel's rows; padding rows are 0.
/// </summary>
internal sealed unsafe class PackedPanels
{
    /// <summary>The layout's name in <see cref="PackedWeights"/>.</summary>
    public const string Layout = "panels";

    private readonly AlignedBuffer _buffer;
    private readonly long[] _offsets;
    private readonly long _groupLength;

    /// <summary>Packs the weights of a convolution, or finds them packed.</summary>
    public PackedPanels(ConvolutionProblem problem, PackedWeights packed)
    {
        ConvolutionGeometry geometry = problem.Geometry;
        Depth = checked(geometry.GroupInputChannels * geometry.Window.Taps);
        Panels = Panel.Cut(geometry.GroupOutputChannels);
        _offsets = new long[Panels.Length];
        for (int i = 0; i < Panels.Length; i++)
        {
            _offsets[i] = _groupLength;
            _groupLength += (long)Panels[i].Height * (Depth + 1L);
        }

        _buffer = packed.Get(problem.Owner, Layout, () => Pack(problem));
    }

    /// <summary>Multiply-adds of one output: input channels of a group x taps.</summary>
    public int Depth { get; }

    /// <summary>The panels of one group.</summary>
    public ImmutableArray<Panel> Panels { get; }

    /// <summary>The biases of a panel; its weights follow after <see cref="Panel.Height"/> floats.</summary>
    public float* Biases(int group, int panel) => _buffer.Floats + (nint)((group * _groupLength) + _offsets[panel]);

    private AlignedBuffer Pack(ConvolutionProblem problem)
    {
        ConvolutionGeometry geometry = problem.Geometry;
        ReadOnlySpan<float> weights = problem.Weights.Floats;
        ReadOnlySpan<float> bias = problem.Bias is null ? default : problem.Bias.Floats;
        // A vector that is longer than the last panel is high reads beyond it.
        var buffer = new AlignedBuffer(checked(((geometry.Groups * _groupLength) + PlaneLayout.ReadAhead) * sizeof(float)));
        float* target = buffer.Floats;
        for (int group = 0; group < geometry.Groups; group++)
        {
            foreach (Panel panel in Panels)
            {
                int firstRow = (group * geometry.GroupOutputChannels) + panel.FirstRow;
                for (int row = 0; row < panel.RowCount; row++)
                {
                    target[row] = bias.IsEmpty ? 0 : bias[firstRow + row];
                    ReadOnlySpan<float> source = weights.Slice((firstRow + row) * Depth, Depth);
                    for (int k = 0; k < Depth; k++)
                    {
                        target[(((nint)k + 1) * panel.Height) + row] = source[k];
                    }
                }

                target += ((nint)Depth + 1) * panel.Height;
            }
        }

        return buffer;
    }
}
