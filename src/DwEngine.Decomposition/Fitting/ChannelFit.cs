using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Fitting;

/// <summary>
/// A regular convolution of d channels and a pointwise one, y^ = U S x, fitted to a <see cref="ResponseProblem"/>: the
/// regression A = C^T G^-1 of y on x, U the d leading eigenvectors of the covariance A C of what it predicts, and S = U^T A, which is the
/// exact solution (reduced rank regression).
/// </summary>
internal sealed class ChannelFit
{
    private readonly Matrix _regression;
    private readonly Matrix _directions;

    /// <summary>Finds all that does not depend on the number of channels.</summary>
    public ChannelFit(ResponseProblem problem)
    {
        _regression = PivotedCholesky.Decompose(problem.Gram, null, problem.Threads).Solve(problem.Cross);
        _directions = SymmetricEigen.Decompose(problem.Cross.TransposeMultiply(_regression)).Vectors;
    }

    /// <summary>S, d x cq, and U, n x d, for d channels.</summary>
    public (Matrix Spatial, Matrix Pointwise) Take(int channels)
    {
        Matrix pointwise = _directions.Block(0, 0, _directions.Rows, channels);
        return (pointwise.TransposeMultiply(_regression.Transpose()), pointwise);
    }
}
