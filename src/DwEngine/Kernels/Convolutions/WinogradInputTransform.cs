using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>The transform of the input tiles of a form of Winograd's, some rows of tiles of one plane at a time.</summary>
/// <typeparam name="TVector">The vectors of the instruction set.</typeparam>
/// <typeparam name="TForm">The form.</typeparam>
internal sealed unsafe class WinogradInputTransform<TVector, TForm>
    where TVector : struct, IVector<TVector>
    where TForm : struct, IWinogradForm
{
    private readonly ConvolutionGeometry _geometry;
    private readonly int _tileColumns;
    private readonly nint _productPitch;
    private readonly nint _phasePitch;
    private readonly nint _between;

    /// <summary>Prepares the transform of planes of one size.</summary>
    /// <param name="geometry">The shapes of one image.</param>
    /// <param name="mostRows">The most rows of tiles that are transformed together.</param>
    /// <param name="productPitch">Floats from one product to the next where the results go.</param>
    public WinogradInputTransform(ConvolutionGeometry geometry, int mostRows, nint productPitch)
    {
        _geometry = geometry;
        _tileColumns = ((geometry.OutputWidth - 1) / TForm.Outputs) + 1;
        _productPitch = productPitch;
        int tiles = checked((mostRows + 1) * _tileColumns);
        // A cache line more, so that what lies a pitch apart does not compete for the same places of a cache.
        _phasePitch = PlaneLayout.RoundUp(tiles) + PlaneLayout.ReadAhead;
        _between = checked(Side * TForm.Outputs * _phasePitch);
    }

    /// <summary>Memory that a call needs, in bytes: a multiple of a cache line.</summary>
    public long ScratchBytes => PlaneLayout.RoundUpBytes(checked((_between + (Side * Side * PlaneLayout.ReadAhead)) * sizeof(float)));

    private static int Side => TForm.Outputs + 2;

    /// <summary>Multiply-adds that some rows of tiles of a plane issue.</summary>
    public long IssuedMultiplyAdds(int rows) =>
        PlaneLayout.RoundUp(rows * _tileColumns, TVector.Lanes) * 2L * Side * TForm.InputMultiplyAdds;

    /// <summary>Transforms some rows of tiles of a plane.</summary>
    /// <param name="plane">The plane.</param>
    /// <param name="firstRow">The first row of tiles.</param>
    /// <param name="rows">Rows of tiles.</param>
    /// <param name="scratch">At least <see cref="ScratchBytes"/>.</param>
    /// <param name="factors">Where the first product goes: one number of each tile, and of the last vector's lanes behind them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run(float* plane, int firstRow, int rows, float* scratch, float* factors)
    {
        Split(plane, firstRow, rows, scratch);
        Transform(scratch, rows * _tileColumns, factors);
    }

    // Each row of the plane that the strip sees, cut into streams over tiles. Rows that lie m apart follow one another, so that each
    // number of a tile is one stream over all tiles of the strip. A store may reach into what is written later.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Split(float* plane, int firstRow, int rows, float* split)
    {
        int width = _geometry.InputWidth, left = _geometry.Window.PadLeft, columns = _tileColumns;
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Transform(float* split, int tiles, float* factors)
    {
        float* between = split + _between;
        nint lanes = TVector.Lanes, columns = _tileColumns, phasePitch = _phasePitch, productPitch = _productPitch;
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
