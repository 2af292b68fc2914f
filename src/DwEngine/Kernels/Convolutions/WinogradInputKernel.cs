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
    private readonly WinogradInputTransform<TVector, TForm> _transform;

    /// <summary>Creates the kernel for a number of images.</summary>
    public WinogradInputKernel(ConvolutionGeometry geometry, int batch)
    {
        Name = $"winograd-{TForm.Outputs}-input";
        _geometry = geometry;
        _factors = new WinogradFactors(geometry, TForm.Outputs);
        _batch = batch;
        _transform = new WinogradInputTransform<TVector, TForm>(geometry, _factors.StripRows, _factors.ProductPitch);
    }

    public override bool ReadsExactly => true;

    public override int TaskCount => checked(_batch * _geometry.InputChannels);

    public override long ScratchBytes => _transform.ScratchBytes;

    public override long? IssuedMultiplyAdds
    {
        get
        {
            long issued = 0;
            for (int row = 0; row < _factors.TileRows; row += _factors.StripRows)
            {
                issued += _transform.IssuedMultiplyAdds(Math.Min(_factors.StripRows, _factors.TileRows - row));
            }

            return TaskCount * issued;
        }
    }

    // A task is one channel.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Run(in KernelArguments arguments, int first, int end)
    {
        float* scratch = (float*)arguments.Scratch;
        for (int plane = first; plane < end; plane++)
        {
            float* factors = arguments.Outputs[plane / _geometry.InputChannels] + (plane % _geometry.InputChannels * _factors.Pitch);
            for (int row = 0; row < _factors.TileRows; row += _factors.StripRows)
            {
                int rows = Math.Min(_factors.StripRows, _factors.TileRows - row);
                _transform.Run(arguments.Inputs[plane], row, rows, scratch, factors + ((nint)row * _factors.TileColumns));
            }
        }
    }
}
