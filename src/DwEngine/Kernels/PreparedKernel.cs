namespace DwEngine.Kernels;

/// <summary>
/// A kernel together with its preparation, for whoever runs it by itself: every call prepares into its own scratch, so its planes are
/// those of the problem alone. A plan has the preparation as a step, which all workers share.
/// </summary>
internal sealed unsafe class PreparedKernel : BoundKernel
{
    private readonly BoundKernel _kernel;
    private readonly Preparation _preparation;
    private readonly int _inputs;
    private readonly long _blockStride;
    private readonly long _tableBytes;
    private readonly long _scratch;

    private PreparedKernel(BoundKernel kernel, Preparation preparation, int inputs)
    {
        Name = kernel.Name;
        _kernel = kernel;
        _preparation = preparation;
        _inputs = inputs;
        _blockStride = PlaneLayout.RoundUpBytes(preparation.BlockBytes);
        _tableBytes = PlaneLayout.RoundUpBytes(checked((long)(inputs + preparation.Blocks) * sizeof(byte*)));
        _scratch = checked(_tableBytes + (preparation.Blocks * _blockStride));
    }

    public override int TaskCount => _kernel.TaskCount;

    public override int Parts => 1;

    public override long ScratchBytes =>
        checked(_scratch + PlaneLayout.RoundUpBytes(Math.Max(_kernel.ScratchBytes, _preparation.Kernel.ScratchBytes)));

    public override bool ReadsExactly => _kernel.ReadsExactly && _preparation.Kernel.ReadsExactly;

    public override long? IssuedMultiplyAdds => _kernel.IssuedMultiplyAdds + (_preparation.Kernel.IssuedMultiplyAdds ?? 0);

    /// <summary>The kernel itself if it needs no preparation.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="inputs">Its input planes.</param>
    public static BoundKernel Of(BoundKernel kernel, int inputs) =>
        kernel.Preparation is { } preparation ? new PreparedKernel(kernel, preparation, inputs) : kernel;

    public override void Run(in KernelArguments arguments, int first, int end)
    {
        byte** table = (byte**)arguments.Scratch;
        byte* scratch = arguments.Scratch + (nint)_scratch;
        new ReadOnlySpan<nint>(arguments.InputBytes, _inputs).CopyTo(new Span<nint>(table, _inputs));
        for (int block = 0; block < _preparation.Blocks; block++)
        {
            table[_inputs + block] = arguments.Scratch + (nint)(_tableBytes + (block * _blockStride));
        }

        _preparation.Kernel.Run(new KernelArguments(table, table + _inputs, scratch), 0, _preparation.Kernel.TaskCount);
        _kernel.Run(new KernelArguments(table, arguments.OutputBytes, scratch), first, end);
    }
}
