using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;

namespace DwEngine.Tests.Kernels.Cases;

/// <summary>
/// How far a form of Winograd's may be off. Each rounding is relative to a term of <c>A'((G g G') * (B' d B))A</c>, so the errors are
/// bounded by the same formula with absolute values in all places, times the unit of rounding and the number of roundings that a term
/// goes through (Barabasz, Anderson, Soodhalter and Gregg, "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep
/// Neural Networks", section 4).
/// </summary>
internal sealed class WinogradBounds
{
    private readonly int _outputs;
    private readonly double[] _filter;
    private readonly double[] _input;
    private readonly double[] _output;

    private WinogradBounds(int outputs, ReadOnlySpan<double> filter, ReadOnlySpan<double> input, ReadOnlySpan<double> output)
    {
        _outputs = outputs;
        _filter = filter.ToArray();
        _input = input.ToArray();
        _output = output.ToArray();
    }

    private int Side => _outputs + 2;

    /// <summary>The bounds of a row, or null if its sums are those of the definition.</summary>
    public static WinogradBounds? Of(KernelRow row) => row.Name switch
    {
        "winograd-2" => Make<Winograd2>(),
        "winograd-4" => Make<Winograd4>(),
        _ => null,
    };

    /// <summary>
    /// Roundings that a term goes through beside those of the sum over channels: one of the filter, and in each direction at most three of
    /// the inputs and four of the outputs. The number grows with the sum's length as that of other sums does.
    /// </summary>
    public int Roundings(ConvolutionGeometry geometry) => geometry.InputChannels + 1 + (2 * (3 + 4));

    /// <summary>
    /// The formula with absolute values, and the bias as a term of its own. Inputs that are not finite count as 0: an output that depends
    /// on them at all is not finite.
    /// </summary>
    /// <returns>Which outputs lie in a tile that sees an input that is not finite.</returns>
    public bool[] Magnitudes(
        ConvolutionGeometry geometry, int batch, ReadOnlySpan<float> input, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias,
        float[] magnitudes)
    {
        int inputs = geometry.InputChannels, outputs = geometry.OutputChannels, products = Side * Side;
        double[][] filters = new double[inputs * outputs][];
        for (int i = 0; i < filters.Length; i++)
        {
            filters[i] = BothDirections(_filter, Side, 3, [.. weights.Slice(9 * i, 9).ToArray().Select(weight => (double)weight)]);
        }

        double[][] factors = new double[inputs][];
        double[] sums = new double[products];
        bool[] isTouched = new bool[magnitudes.Length];
        for (int image = 0; image < batch; image++)
        {
            for (int y = 0; y < geometry.OutputHeight; y += _outputs)
            {
                for (int x = 0; x < geometry.OutputWidth; x += _outputs)
                {
                    bool seesOthers = false;
                    for (int channel = 0; channel < inputs; channel++)
                    {
                        double[] tile = Tile(geometry, input, (image * inputs) + channel, y, x);
                        seesOthers |= tile.Any(value => !double.IsFinite(value));
                        factors[channel] = BothDirections(
                            _input, Side, Side, [.. tile.Select(value => double.IsFinite(value) ? value : 0)]);
                    }

                    for (int output = 0; output < outputs; output++)
                    {
                        Array.Clear(sums);
                        sums[Side + 1] = bias.IsEmpty ? 0 : Math.Abs(bias[output]);
                        for (int channel = 0; channel < inputs; channel++)
                        {
                            double[] filter = filters[(output * inputs) + channel], factor = factors[channel];
                            for (int i = 0; i < products; i++)
                            {
                                sums[i] += filter[i] * factor[i];
                            }
                        }

                        double[] results = BothDirections(_output, _outputs, Side, sums);
                        for (int i = 0; i < results.Length; i++)
                        {
                            int row = y + (i / _outputs), column = x + (i % _outputs);
                            if (row < geometry.OutputHeight && column < geometry.OutputWidth)
                            {
                                int plane = (image * outputs) + output;
                                int place = (((plane * geometry.OutputHeight) + row) * geometry.OutputWidth) + column;
                                magnitudes[place] = (float)results[i];
                                isTouched[place] = seesOthers;
                            }
                        }
                    }
                }
            }
        }

        return isTouched;
    }

    private static WinogradBounds Make<TForm>()
        where TForm : struct, IWinogradForm => new(TForm.Outputs, TForm.Filter, TForm.Input, TForm.Output);

    // |M| |d| |M'|.
    private static double[] BothDirections(double[] matrix, int rows, int columns, double[] values)
    {
        double[] result = new double[rows * rows], half = new double[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            for (int x = 0; x < columns; x++)
            {
                for (int k = 0; k < columns; k++)
                {
                    half[(i * columns) + x] += Math.Abs(matrix[(i * columns) + k] * values[(k * columns) + x]);
                }
            }

            for (int j = 0; j < rows; j++)
            {
                for (int k = 0; k < columns; k++)
                {
                    result[(i * rows) + j] += half[(i * columns) + k] * Math.Abs(matrix[(j * columns) + k]);
                }
            }
        }

        return result;
    }

    private double[] Tile(ConvolutionGeometry geometry, ReadOnlySpan<float> input, int plane, int y, int x)
    {
        double[] tile = new double[Side * Side];
        for (int i = 0; i < tile.Length; i++)
        {
            int row = y + (i / Side) - geometry.Window.PadTop, column = x + (i % Side) - geometry.Window.PadLeft;
            bool exists = row >= 0 && row < geometry.InputHeight && column >= 0 && column < geometry.InputWidth;
            tile[i] = exists ? input[(((plane * geometry.InputHeight) + row) * geometry.InputWidth) + column] : 0;
        }

        return tile;
    }
}
