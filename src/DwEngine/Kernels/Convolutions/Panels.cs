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

    /// <summary>
    /// The same for panels that are the only tasks: an odd number of them would leave one of two workers with more than the other. Four
    /// panels of 6 rows in the middle then take the place of three of 8.
    /// </summary>
    public static ImmutableArray<Panel> CutEvenly(int rows)
    {
        ImmutableArray<Panel> panels = Cut(rows);
        if (rows % 8 != 0 || panels.Length % 2 == 0 || panels.Length < 3)
        {
            return panels;
        }

        ImmutableArray<Panel>.Builder even = ImmutableArray.CreateBuilder<Panel>(panels.Length + 1);
        for (int first = 0, edge = (panels.Length - 3) / 2 * 8; first < rows; first += even[^1].Height)
        {
            int height = first < edge || first >= rows - edge ? 8 : 6;
            even.Add(new Panel(first, height, height));
        }

        return even.DrainToImmutable();
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

    /// <summary>The most rows of a panel.</summary>
    public const int MostRows = 8;

    private readonly AlignedBuffer _buffer;
    private readonly long[] _starts;
    private readonly long _groupLength;
    private readonly int _groups;

    /// <summary>Packs the weights of a convolution, or finds them packed.</summary>
    public PackedPanels(ConvolutionProblem problem, PackedWeights packed)
        : this(
            Panel.Cut(problem.Geometry.GroupOutputChannels),
            checked(problem.Geometry.GroupInputChannels * problem.Geometry.Window.Taps),
            problem.Geometry.Groups) =>
        _buffer = packed.Get(
            problem.Owner, Layout, () => Pack(problem.Weights.Floats, problem.Bias is null ? default : problem.Bias.Floats));

    /// <summary>Packs several matrices of one size, or finds them packed.</summary>
    /// <param name="owner">Whose weights these are.</param>
    /// <param name="layout">The layout's name in <see cref="PackedWeights"/>.</param>
    /// <param name="packed">What is packed already.</param>
    /// <param name="panels">The panels of a matrix.</param>
    /// <param name="depth">Columns of a matrix.</param>
    /// <param name="matrices">Matrices; <see cref="Biases"/> takes their numbers for groups.</param>
    /// <param name="make">The matrices, and one bias for each row of each.</param>
    public PackedPanels(
        object owner, string layout, PackedWeights packed, ImmutableArray<Panel> panels, int depth, int matrices,
        Func<(float[] Weights, float[] Biases)> make)
        : this(panels, depth, matrices) => _buffer = packed.Get(owner, layout, () =>
        {
            (float[] weights, float[] biases) = make();
            return Pack(weights, biases);
        });

    private PackedPanels(ImmutableArray<Panel> panels, int depth, int groups)
    {
        Depth = depth;
        Panels = panels;
        _groups = groups;
        _starts = new long[panels.Length];
        for (int i = 0; i < panels.Length; i++)
        {
            _starts[i] = _groupLength;
            _groupLength = checked(_groupLength + (panels[i].Height * (depth + 1L)));
        }

        _buffer = null!;
    }

    /// <summary>Multiply-adds of one output: input channels of a group x taps.</summary>
    public int Depth { get; }

    /// <summary>The panels of one group.</summary>
    public ImmutableArray<Panel> Panels { get; }

    /// <summary>The biases of a panel; its weights follow after <see cref="Panel.Height"/> floats.</summary>
    public float* Biases(int group, int panel) => _buffer.Floats + (nint)((group * _groupLength) + _starts[panel]);

    // Rows of all groups, each of Depth weights; a bias for each row, or none at all.
    private AlignedBuffer Pack(ReadOnlySpan<float> weights, ReadOnlySpan<float> biases)
    {
        // A vector that is longer than the last panel is high reads beyond it.
        var buffer = new AlignedBuffer(checked(((_groups * _groupLength) + PlaneLayout.ReadAhead) * sizeof(float)));
        int groupRows = Panels[^1].FirstRow + Panels[^1].RowCount;
        for (int group = 0; group < _groups; group++)
        {
            for (int index = 0; index < Panels.Length; index++)
            {
                Panel panel = Panels[index];
                int firstRow = (group * groupRows) + panel.FirstRow;
                float* target = buffer.Floats + (nint)((group * _groupLength) + _starts[index]);
                for (int row = 0; row < panel.RowCount; row++)
                {
                    target[row] = biases.IsEmpty ? 0 : biases[firstRow + row];
                    ReadOnlySpan<float> source = weights.Slice((firstRow + row) * Depth, Depth);
                    for (int k = 0; k < Depth; k++)
                    {
                        target[(((nint)k + 1) * panel.Height) + row] = source[k];
                    }
                }
            }
        }

        return buffer;
    }
}
