namespace DwEngine.Decomposition.LinearAlgebra;

/// <summary>
/// A matrix that cannot be worked with: sizes that do not fit, a NaN or an infinity, a metric that is not positive semidefinite, a result
/// beyond the range of double, an iteration that does not converge.
/// </summary>
public sealed class LinearAlgebraException(string message, Exception? innerException = null) : DwEngineException(message, innerException);
