using DwEngine.Kernels;
using DwEngine.Kernels.Reference;
using DwEngine.Tests.Kernels.Cases;

namespace DwEngine.Tests.Kernels;

/// <summary>What activations make of results that are off by rounding.</summary>
internal static class EpilogueBounds
{
    // The steepest slope of an activation, that of hard swish at 3.
    private const double Steepest = 1.5;

    /// <summary>Applies an activation in place.</summary>
    public static Expectation Apply(Activation activation, float[] values, double[] tolerances)
    {
        ActivationReference.Run(values, activation);
        if (activation.Function is { } function)
        {
            for (int i = 0; i < values.Length; i++)
            {
                // Where a term is infinite or NaN, the result is exact.
                double own = OperatorBounds.Tolerance(function.Entry.Traits.Accuracy, values[i]) + OperatorBounds.Unit(values[i]);
                tolerances[i] = tolerances[i] == 0 ? 0 : (Steepest * tolerances[i]) + own;
            }
        }

        return new Expectation(values, tolerances);
    }
}
