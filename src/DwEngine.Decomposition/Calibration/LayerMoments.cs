using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Calibration;

/// <summary>Means over calibration positions; the matrices are copies, which may be changed.</summary>
/// <param name="MeanX">E x, c * q numbers.</param>
/// <param name="MeanY">E y, n numbers.</param>
/// <param name="G">E x x^T, or the covariance of x: (c * q) x (c * q).</param>
/// <param name="C">E x y^T, or the covariance of x and y: (c * q) x n.</param>
/// <param name="S">E y y^T, or the covariance of y: n x n.</param>
/// <param name="IsCentred">Whether the means were taken off x and y.</param>
public sealed record LayerMoments(double[] MeanX, double[] MeanY, Matrix G, Matrix C, Matrix S, bool IsCentred);
