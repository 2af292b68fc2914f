using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Fitting;

/// <summary>
/// A separable pair while it is fitted to a <see cref="ResponseProblem"/>: T depthwise filters d_it and pointwise columns p_it for each
/// input channel, and the moments E[x r^T] = C - G W^^T of the response r = y - W^ x that they leave. <see cref="Sweep"/> (from the second
/// on) and <see cref="RefitPointwise"/> lower <see cref="Objective"/> or leave it as it is.
/// </summary>
/// <remarks>
/// A sweep costs c^2 q^2 n multiply-adds and c eigenproblems of size q: the rank T regression on the q inputs of one channel needs the q x
/// q matrix of the whitened residual alone, not its n columns.
/// </remarks>
internal sealed class SeparableFit
{
    // What counts as null in G_ii and in B^T G B, relative to the largest eigenvalue and the largest diagonal entry.
    private const double Tolerance = 1e-11;

    // Rows of W^^T whose changes are passed on together, about as many as a packed block of a product is deep.
    private const int RowsTogether = 256;

    private readonly Matrix _gram;
    private readonly int _taps;
    private readonly int _threads;
    private readonly SemidefiniteRoot[] _metrics;
    private readonly Matrix _weights;
    private readonly Matrix _residual;
    private Matrix _cross;
    private double _energy;

    /// <summary>
    /// Starts from a regular convolution, W^ = W: its channels become separable one by one, as they are fitted.
    /// </summary>
    /// <param name="problem">What to fit to.</param>
    /// <param name="rank">Filters for each input channel, T.</param>
    /// <param name="weights">W, n x cq.</param>
    public SeparableFit(ResponseProblem problem, int rank, Matrix weights)
    {
        (_gram, _cross, _energy, _taps) = problem;
        _threads = problem.Threads;
        Inputs = problem.Inputs;
        Rank = rank;
        _metrics = new SemidefiniteRoot[Inputs];
        for (int i = 0; i < Inputs; i++)
        {
            _metrics[i] = SemidefiniteRoot.Of(GramBlock(i), _taps, Tolerance);
        }

        _weights = weights.Transpose();
        _residual = _cross.Clone();
        MatrixProduct.AddScaled(_residual, -1, _gram, false, _weights, false, _threads);
        Filters = new Matrix(checked(Inputs * rank), _taps);
        Columns = new Matrix(Filters.Rows, Outputs);
    }

    private SeparableFit(SeparableFit other)
    {
        (_gram, _taps, _metrics, _threads) = (other._gram, other._taps, other._metrics, other._threads);
        (_cross, _energy, Inputs, Rank) = (other._cross, other._energy, other.Inputs, other.Rank);
        (_weights, _residual) = (other._weights.Clone(), other._residual.Clone());
        (Filters, Columns) = (other.Filters.Clone(), other.Columns.Clone());
    }

    /// <summary>Input channels, c.</summary>
    public int Inputs { get; }

    /// <summary>Output channels, n.</summary>
    public int Outputs => _cross.Columns;

    /// <summary>Filters for each input channel, T.</summary>
    public int Rank { get; private set; }

    /// <summary>The filters d_it, (c * T) x q.</summary>
    public Matrix Filters { get; private set; }

    /// <summary>The pointwise columns p_it, one in each row: (c * T) x n.</summary>
    public Matrix Columns { get; private set; }

    /// <summary>The value of the problem, E || y ||^2 - tr(W^ C) - tr(W^ E[x r^T]).</summary>
    public double Objective() => Math.Max(
        0,
        _energy - VectorOperations.Dot(_weights.Values, _cross.Values) - VectorOperations.Dot(_weights.Values, _residual.Values));

    /// <summary>
    /// Fits every channel to its own weights, min E || (W_i - sum_t p_it d_it^T) x_i ||^2: the singular triplets of W_i under the metric
    /// G_ii.
    /// </summary>
    /// <param name="weights">W, n x cq.</param>
    public void FitToWeights(Matrix weights) =>
        FitChannels((channel, _, _) => GramBlock(channel).MultiplyTranspose(weights.Block(0, channel * _taps, weights.Rows, _taps)));

    /// <summary>
    /// One pass in channel order: channel i takes the rank T regression on x_i of what the other channels leave,
    /// R_i = C_i - sum_{j != i} G_ij W^_j^T, where W^_j is sum_t p_jt d_jt^T, or the regular convolution's W_j while channel j has not been
    /// fitted.
    /// </summary>
    public void Sweep() => FitChannels((channel, first, changes) =>
    {
        Matrix target = _residual.Block(channel * _taps, 0, _taps, Outputs);
        int changed = (channel - first) * _taps;
        MatrixProduct.AddScaled(
            target,
            -1,
            new MatrixPart(_gram, channel * _taps, first * _taps, _taps, changed),
            false,
            MatrixPart.OfRows(changes, 0, changed),
            false,
            1);
        MatrixProduct.Add(target, GramBlock(channel), false, _weights.Block(channel * _taps, 0, _taps, Outputs), false);
        return target;
    });

    /// <summary>
    /// The best pointwise columns for the filters as they are, P^T = (B^T G B)^-1 B^T C. All channels must have been fitted.
    /// </summary>
    public void RefitPointwise()
    {
        Matrix filteredGram = ApplyFilters(_gram);
        PivotedCholesky normal = PivotedCholesky.Decompose(ApplyFilters(filteredGram.Transpose()), Tolerance, _threads);
        SetColumns(normal.Solve(ApplyFilters(_cross)), filteredGram);
    }

    /// <summary>A fit that goes on from here on its own.</summary>
    public SeparableFit Clone() => new(this);

    /// <summary>Other pointwise columns, (c * T) x n, for the filters as they are.</summary>
    public void SetColumns(Matrix columns) => SetColumns(columns, ApplyFilters(_gram));

    /// <summary>Fits to other responses from here on: E[x z^T] and E || z ||^2 in the place of those of y.</summary>
    public void Retarget(Matrix cross, double energy)
    {
        VectorOperations.AddScaled(-1, _cross.Values, _residual.Values);
        VectorOperations.AddScaled(1, cross.Values, _residual.Values);
        (_cross, _energy) = (cross, energy);
    }

    /// <summary>
    /// Makes room for one more filter for each channel. The responses stay as they are. A sweep must come next: it finds all filters anew.
    /// </summary>
    public void Grow()
    {
        Rank++;
        Filters = new Matrix(checked(Inputs * Rank), _taps);
        Columns = new Matrix(Filters.Rows, Outputs);
    }

    /// <summary>B^T G B, (c * T) x (c * T).</summary>
    public Matrix FilteredGram() => ApplyFilters(ApplyFilters(_gram).Transpose());

    /// <summary>B^T A for A of cq rows, where column it of B holds d_it in the rows of channel i.</summary>
    public Matrix ApplyFilters(Matrix source)
    {
        Matrix result = new(Filters.Rows, source.Columns);
        for (int filter = 0; filter < Filters.Rows; filter++)
        {
            for (int tap = 0; tap < _taps; tap++)
            {
                VectorOperations.AddScaled(Filters[filter, tap], source.Row((filter / Rank * _taps) + tap), result.Row(filter));
            }
        }

        return result;
    }

    // What is left is computed from the factors, which also clears the rounding that changes of single channels have gathered.
    private void SetColumns(Matrix columns, Matrix filteredGram)
    {
        Columns = columns;
        _cross.Values.CopyTo(_residual.Values);
        MatrixProduct.AddScaled(_residual, -1, filteredGram, true, columns, false, _threads);
        for (int i = 0; i < Inputs; i++)
        {
            ChannelWeights(i).Values.CopyTo(WeightsOf(i));
        }
    }

    // Fits channels in order. What the changes of some channels in a row mean for all residuals is one product; until then a target has to
    // count them in: it is made from the channel, the first one of these and what they changed of W^^T, (channels * q) x n.
    private void FitChannels(Func<int, int, Matrix, Matrix> targetOf)
    {
        int together = Math.Max(1, RowsTogether / _taps);
        for (int first = 0; first < Inputs; first += together)
        {
            int end = Math.Min(Inputs, first + together);
            Matrix changes = new((end - first) * _taps, Outputs);
            for (int channel = first; channel < end; channel++)
            {
                FitChannel(channel, targetOf(channel, first, changes));
                Matrix fitted = ChannelWeights(channel);
                Span<double> current = WeightsOf(channel);
                Span<double> change = changes.Values.Slice((channel - first) * current.Length, current.Length);
                fitted.Values.CopyTo(change);
                VectorOperations.AddScaled(-1, current, change);
                VectorOperations.AddScaled(1, change, current);
            }

            MatrixProduct.AddScaled(
                _residual, -1, MatrixPart.OfColumns(_gram, first * _taps, changes.Rows), false, changes, false, _threads);
        }
    }

    // With G_ii = F^T F: v the leading left singular vectors of F^+^T R_i, d = F^+ v and p = R_i^T d.
    private void FitChannel(int channel, Matrix target)
    {
        Matrix inverse = _metrics[channel].PseudoInverse;
        Matrix whitened = inverse.TransposeMultiply(target);
        SymmetricEigen eigen = SymmetricEigen.Decompose(whitened.MultiplyTranspose(whitened));
        int kept = Math.Min(Rank, whitened.Rows);
        Matrix leading = eigen.Vectors.Block(0, 0, whitened.Rows, kept);
        Matrix filters = leading.TransposeMultiply(inverse.Transpose());
        Matrix columns = leading.TransposeMultiply(whitened);
        for (int t = 0; t < Rank; t++)
        {
            Span<double> filter = Filters.Row((channel * Rank) + t);
            Span<double> column = Columns.Row((channel * Rank) + t);
            filter.Clear();
            column.Clear();
            if (t < kept)
            {
                filters.Row(t).CopyTo(filter);
                columns.Row(t).CopyTo(column);
            }
        }
    }

    // sum_t d_it p_it^T, q x n.
    private Matrix ChannelWeights(int channel) => Filters.Block(channel * Rank, 0, Rank, _taps)
        .TransposeMultiply(Columns.Block(channel * Rank, 0, Rank, Outputs));

    private Span<double> WeightsOf(int channel) => _weights.Values.Slice(channel * _taps * Outputs, _taps * Outputs);

    private Matrix GramBlock(int channel) => _gram.Block(channel * _taps, channel * _taps, _taps, _taps);
}
