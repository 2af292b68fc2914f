using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// A convolution as a matrix product: the input rows that some output rows see are gathered so that every tap is a stream over pixels,
/// and the panels of weights are multiplied with these.
/// </summary>
internal sealed unsafe class GatheredConvolution<TVector, TNarrow>
    where TVector : struct, IVector<TVector>
    where TNarrow : struct, IVector<TNarrow>
{
    private readonly Epilogue _epilogue;
    private readonly WindowGather _gather;

    public GatheredConvolution(ConvolutionProblem problem, PackedWeights weights)
    {
        Panels = new PackedPanels(problem, weights);
        Geometry = problem.Geometry;
        _epilogue = problem.EpilogueFor(TVector.Isa);
        _gather = new WindowGather(Geometry.Window, Geometry.InputHeight, Geometry.InputWidth);
    }

    /// <summary>The packed weights.</summary>
    public PackedPanels Panels { get; }

    /// <summary>The shapes of one image.</summary>
    public ConvolutionGeometry Geometry { get; }

    /// <summary>The panels of a group.</summary>
    public int PanelCount => Panels.Panels.Length;

    /// <summary>Bytes of the tables of pointers to the taps and to the output rows of a group.</summary>
    private long PointerBytes => (Panels.Depth + Geometry.GroupOutputChannels + 7L) / 8 * 8 * sizeof(float*);

    /// <summary>Scratch memory for a block of output, a multiple of 64 bytes.</summary>
    public long ScratchBytes(int rows, int columns) => checked(PointerBytes + GatheredBytes(rows, columns));

    /// <summary>Bytes of what is gathered for a block of output of a group.</summary>
    public long GatheredBytes(int rows, int columns) =>
        checked(Geometry.GroupInputChannels * _gather.Length(rows, columns) * sizeof(float));

    /// <summary>The columns of a block of one row: all, or so many that what is gathered stays small.</summary>
    public int BlockColumns() => _gather.BlockColumns(Geometry.GroupInputChannels, 4 * WindowGather.LargestPart);

    /// <summary>Multiply-adds that <see cref="Multiply"/> issues for all panels of a group.</summary>
    public long IssuedMultiplyAdds(int pixels) =>
        PanelProduct<TVector, TNarrow>.IssuedMultiplyAdds(Panels, 0, PanelCount, pixels);

    /// <summary>Relative cost of computing <paramref name="rows"/> output rows of a group at once, in vectors.</summary>
    public double Cost(int rows) => CostOfProduct(rows) + CostOfGather(rows);

    /// <summary>The part of <see cref="Cost"/> that the tiles multiply.</summary>
    public double CostOfProduct(int rows) =>
        PanelProduct<TVector, TNarrow>.Cost(rows * Geometry.OutputWidth) * Panels.Depth * Geometry.GroupOutputChannels;

    /// <summary>The part of <see cref="Cost"/> that is gathered: a vector costs about as much as two that are multiplied.</summary>
    public double CostOfGather(int rows) =>
        2.0 * Geometry.GroupInputChannels * _gather.Length(rows, Geometry.OutputWidth) / TVector.Lanes;

    /// <summary>The pointers to the output rows of a group that <see cref="Multiply"/> follows, for the caller to set.</summary>
    public float** Outputs(byte* scratch) => (float**)scratch + Panels.Depth;

    /// <summary>Gathers what a block of output of one group sees.</summary>
    /// <param name="planes">The group's input planes.</param>
    /// <param name="block">The block of output.</param>
    /// <param name="scratch">At least <see cref="ScratchBytes"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Gather(float** planes, OutputBlock block, byte* scratch)
    {
        float** taps = (float**)scratch;
        float* gathered = (float*)(scratch + PointerBytes);
        nint length = (nint)_gather.Length(block.Rows, block.Columns);
        int tapCount = Geometry.Window.Taps;
        for (int channel = 0; channel < Geometry.GroupInputChannels; channel++, gathered += length, taps += tapCount)
        {
            _gather.Run<TVector>(planes[channel], block, 0, gathered);
            _gather.Point(gathered, block.Rows, block.Columns, taps);
        }
    }

    /// <summary>Some panels of a group over the block that is gathered into <paramref name="scratch"/>.</summary>
    public PanelRange RangeOf(int group, int firstPanel, int endPanel, byte* scratch) => new()
    {
        Panels = Panels,
        Epilogue = _epilogue,
        Group = group,
        First = firstPanel,
        End = endPanel,
        Inputs = (float**)scratch,
        Outputs = Outputs(scratch),
    };

    /// <summary>Computes some panels of a block of that many pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Multiply(in PanelRange range, int pixels) =>
        PanelProduct<TVector, TNarrow>.Run(range, pixels, 0, PanelProduct<TVector, TNarrow>.Strips(pixels));

    /// <inheritdoc cref="Epilogue.Residuals"/>
    public float** Residuals(in KernelArguments arguments) => _epilogue.Residuals(arguments);
}
