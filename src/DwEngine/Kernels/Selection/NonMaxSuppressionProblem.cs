namespace DwEngine.Kernels.Selection;

/// <summary>
/// The boxes of each class, the best first, that do not overlap a better one of their class too much. Inputs are one plane of boxes,
/// <paramref name="Batches"/> x <paramref name="Boxes"/> x 4, and one of scores, <paramref name="Batches"/> x <paramref name="Classes"/> x
/// <paramref name="Boxes"/>. The output is one plane of rows of three Int64: batch, class and box; rows behind the last are -1.
/// </summary>
/// <param name="Batches">Images.</param>
/// <param name="Classes">Classes.</param>
/// <param name="Boxes">Boxes of an image.</param>
/// <param name="Most">The most boxes of a class of an image that are taken.</param>
/// <param name="Rows">Rows of the output: at least 1.</param>
/// <param name="IsCentered">Whether boxes are centre and size, not two corners.</param>
/// <param name="MaximumOverlap">A box goes whose intersection with a better one, over their union, is more than this.</param>
/// <param name="MinimumScore">Scores that are not above this do not count; null if all do. NaN never does.</param>
internal sealed record NonMaxSuppressionProblem(
    int Batches, int Classes, int Boxes, int Most, int Rows, bool IsCentered, float MaximumOverlap, float? MinimumScore);
