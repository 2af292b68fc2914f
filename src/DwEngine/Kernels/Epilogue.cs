using DwEngine.Kernels.Elementwise;
using DwEngine.Simd;

namespace DwEngine.Kernels;

/// <summary>
/// What a kernel does to each result: it adds the element of a residual at the same place if there is a residual, then applies an
/// activation. A clamp alone is done in registers; for all else the kernel stores its sums and has them finished at once.
/// </summary>
internal readonly unsafe struct Epilogue
{
    private readonly Finisher? _finisher;
    private readonly int _firstResidual;

    /// <summary>Creates the epilogue for an instruction set.</summary>
    /// <param name="activation">The activation.</param>
    /// <param name="isa">The instruction set.</param>
    /// <param name="firstResidual">The first input plane of the residual, of which there are as many as outputs; null for no
    /// residual.</param>
    public Epilogue(Activation activation, Isa isa, int? firstResidual = null)
    {
        Clamp? inRegisters = firstResidual is null ? activation.AsClamp : null;
        Clamp = inRegisters ?? Clamp.None;
        _finisher = inRegisters is null ? activation.FinisherFor(isa) : null;
        _firstResidual = firstResidual ?? -1;
    }

    /// <summary>What the kernel does to its results before it stores them.</summary>
    public Clamp Clamp { get; }

    /// <summary>Whether the results are final when they are stored.</summary>
    public bool IsInRegisters => _finisher is null;

    /// <summary>The planes of the residual, or null if there is none.</summary>
    public float** Residuals(in KernelArguments arguments) => _firstResidual < 0 ? null : arguments.Inputs + _firstResidual;

    /// <summary>Finishes elements of some output planes, if anything is left to do.</summary>
    public void Finish(in KernelArguments arguments, int plane, int planes, int first, int count)
    {
        if (_finisher is not null)
        {
            float** residuals = Residuals(arguments);
            Finish(arguments.Outputs + plane, first, residuals is null ? null : residuals + plane, first, planes, count);
        }
    }

    /// <summary>Finishes elements of some planes in place, if anything is left to do.</summary>
    /// <inheritdoc cref="Finisher.Run"/>
    public void Finish(float** results, nint first, float** residuals, nint firstOfResidual, int planes, int count) =>
        _finisher?.Run(results, results, first, residuals, firstOfResidual, planes, count);

    /// <summary>Finishes sums that lie elsewhere; only where results are not final when they are stored.</summary>
    /// <inheritdoc cref="Finisher.Run"/>
    public void FinishFrom(
        float** sums, float** results, nint first, float** residuals, nint firstOfResidual, int planes, int count) =>
        _finisher!.Run(sums, results, first, residuals, firstOfResidual, planes, count);
}
