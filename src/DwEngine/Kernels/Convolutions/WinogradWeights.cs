namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// The filters of a 3x3 convolution in a form of Winograd's, as panels: for each of the form's products a matrix of output channels x
/// input channels. They are computed in double precision and rounded once.
/// </summary>
internal static class WinogradWeights
{
    /// <summary>Transforms and packs the weights, or finds them packed.</summary>
    public static PackedPanels Pack<TForm>(ConvolutionProblem problem, PackedWeights weights)
        where TForm : struct, IWinogradForm
    {
        int side = TForm.Outputs + 2, inputs = problem.Geometry.InputChannels, outputs = problem.Geometry.OutputChannels;
        return new PackedPanels(
            problem.Owner, $"winograd-{TForm.Outputs}", weights, Panel.CutEvenly(outputs), inputs, side * side,
            () => Transform<TForm>(problem));
    }

    /// <summary>Products x output channels x input channels, and the biases.</summary>
    private static (float[] Weights, float[] Biases) Transform<TForm>(ConvolutionProblem problem)
        where TForm : struct, IWinogradForm
    {
        int side = TForm.Outputs + 2, inputs = problem.Geometry.InputChannels, outputs = problem.Geometry.OutputChannels;
        int filters = checked(inputs * outputs);
        float[] transformed = new float[checked(side * side * filters)], biases = new float[side * side * outputs];
        ReadOnlySpan<float> weights = problem.Weights.Floats;
        ReadOnlySpan<double> matrix = TForm.Filter;
        Span<double> rows = stackalloc double[3 * side];
        for (int filter = 0; filter < filters; filter++)
        {
            ReadOnlySpan<float> taps = weights.Slice(9 * filter, 9);
            for (int i = 0; i < side; i++)
            {
                for (int x = 0; x < 3; x++)
                {
                    rows[(3 * i) + x] =
                        (matrix[3 * i] * taps[x]) + (matrix[(3 * i) + 1] * taps[3 + x]) + (matrix[(3 * i) + 2] * taps[6 + x]);
                }

                for (int j = 0; j < side; j++)
                {
                    double value =
                        (rows[3 * i] * matrix[3 * j]) + (rows[(3 * i) + 1] * matrix[(3 * j) + 1])
                        + (rows[(3 * i) + 2] * matrix[(3 * j) + 2]);
                    transformed[(((i * side) + j) * filters) + filter] = (float)value;
                }
            }
        }

        // The second column of A' is all ones, so what is added to the product of the second row and column is added to every output.
        problem.Bias?.Floats.CopyTo(biases.AsSpan((side + 1) * outputs, outputs));
        return (transformed, biases);
    }
}
