using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// The first half of <see cref="WinogradKernel{TVector, TNarrow, TForm}"/>: the input's tiles, transformed once for all output channels.
/// Its input planes are those of the convolution; its one output plane for each image is laid out by <see cref="WinogradFactors"/>.
/// </summary>
/// <typeparam name="TVector">The vectors of the instruction set.</typeparam>
/// <typeparam name="TForm">The form.</typeparam>
internal sealed unsafe class WinogradInputKernel<TVector, TForm> : BoundKernel
    where TVector : struct, IVector<TVector>
    where TForm : struct, IWinogradForm
{
    private readonly ConvolutionGeometry _geometry;
    private readonly WinogradFactors _factors;
    private readonly int _batch;
    private readonly nint _phasePitch;
    private readonly nint _between;

    /// <summary>Creates the kernel for a number of images.</summary>
    public WinogradInputKernel(ConvolutionGeometry geometry, int batch)
    {
        Name = $"winograd-{TForm.Outputs}-input";
        _geometry = geometry;
        _factors = new WinogradFactors(geometry, TForm.Outputs);
        _batch = batch;
        int tiles = checked((_factors.StripRows + 1) * _factors.TileColumns);
        // A cache line more, so that what lies a pitch apart does not compete for the same places of a cache.
        _phasePitch = PlaneLayout.RoundUp(tiles) + PlaneLayout.ReadAhead;
        _between = checked(Side * TForm.Outputs * _phasePitch);
    }

    public override bool ReadsExactly => true;

    public override int TaskCount => checked(_batch * _geometry.InputChannels);

    public override long ScratchBytes => checked((_between + (Side * Side * PlaneLayout.ReadAhead)) * sizeof(float));

    public override long? IssuedMultiplyAdds
    {
        get
        {
            long vectors = 0;
            for (int row = 0; row < _factors.TileRows; row += _factors.StripRows)
            {
                int tiles = Math.Min(_factors.StripRows, _factors.TileRows - row) * _factors.TileColumns;
                vectors += PlaneLayout.RoundUp(tiles, TVector.Lanes);
            }

            return TaskCount * vectors * 2 * Side * TForm.InputMultiplyAdds;
        }
    }

    private static int Side => TForm.Outputs + 2;

    // A task is one channel.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(in KernelArguments arguments, int first, int end)
    {
        float* split = (float*)arguments.Scratch;
        for (int plane = first; plane < end; plane++)
        {
            float* factors = arguments.Outputs[plane / _geometry.InputChannels] + (plane % _geometry.InputChannels * _factors.Pitch);
            for (int row = 0; row < _factors.TileRows; row += _factors.StripRows)
            {
                int rows = Math.Min(_factors.StripRows, _factors.TileRows - row);
                Split(arguments.Inputs[plane], row, rows, split);
                Transform(split, rows * _factors.TileColumns, factors + ((nint)row * _factors.TileColumns));
            }
        }
    }

    // Each row of the plane that the strip sees, cut into streams over tiles. Rows that lie m apart follow one another, so that each
    // number of a tile is one stream over all tiles of the strip. A store may reach into what is written later.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Split(float* plane, int firstRow, int rows, float* split)
    {
        int width = _geometry.InputWidth, left = _geometry.Window.PadLeft, columns = _factors.TileColumns;
        int y = (firstRow * TForm.Outputs) - _geometry.Window.PadTop;
        int count = (rows * TForm.Outputs) + 2;
        nint streamPitch = TForm.Outputs * _phasePitch;
        for (int row = 0; row < count; row++, y++)
        {
            float* target = split + (row % TForm.Outputs * _phasePitch) + ((nint)(row / TForm.Outputs) * columns);
            int end = y >= 0 && y < _geometry.InputHeight ? width : 0;
            float* source = end == 0 ? plane : plane + ((nint)y * width);
            for (int tile = 0; tile < columns; tile += TVector.Lanes)
            {
                int x = (tile * TForm.Outputs) - left;
                TForm.Split<TVector>(source + x, -x, end - x, target + tile, streamPitch);
            }
        }
    }

    // B'dB: first along the columns of the tiles, then along their rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Transform(float* split, int tiles, float* factors)
    {
        float* between = split + _between;
        nint lanes = TVector.Lanes, columns = _factors.TileColumns, phasePitch = _phasePitch, productPitch = _factors.ProductPitch;
        for (int tile = 0; tile < tiles; tile += TVector.Lanes)
        {
            for (int x = 0; x < Side; x++)
            {
                float* source = split + (x * TForm.Outputs * phasePitch) + tile;
                TForm.TransformInput<TVector>(source, phasePitch, source + columns, between + (x * lanes), Side * lanes);
            }

            for (int y = 0; y < Side; y++)
            {
                float* source = between + (y * Side * lanes);
                float* target = factors + (y * Side * productPitch) + tile;
                TForm.TransformInput<TVector>(source, lanes, source + (TForm.Outputs * lanes), target, productPitch);
            }
        }
    }
}
