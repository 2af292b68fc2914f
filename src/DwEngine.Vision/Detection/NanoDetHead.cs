using DwEngine.Runtime;

namespace DwEngine.Vision.Detection;

/// <summary>The grids of NanoDet's head and the boxes of their cells, however the outputs hold them.</summary>
/// <param name="signature">The outputs.</param>
/// <param name="levels">How many grids there are: 4 of NanoDet-Plus, 3 of NanoDet.</param>
internal sealed class NanoDetHead(DetectorSignature signature, int levels)
{
    /// <summary>The bins of each of four distributions.</summary>
    public const int Bins = 8;

    /// <summary>The numbers of the four distributions.</summary>
    public const int Sides = 4 * Bins;

    // Plus has its points in the cells' corners.
    private readonly float _offset = levels == 4 ? 0 : 0.5f;

    /// <summary>Rows and columns of a grid; a cell that the border cuts counts.</summary>
    public static (int Rows, int Columns) Grid(DetectorSignature signature, int level) =>
        ((signature.InputHeight + (8 << level) - 1) / (8 << level), (signature.InputWidth + (8 << level) - 1) / (8 << level));

    /// <summary>The cells of a grid.</summary>
    public static int CellsOf(DetectorSignature signature, int level) => Grid(signature, level).Rows * Grid(signature, level).Columns;

    /// <summary>Writes the boxes of a grid whose score is high enough, and tells how many.</summary>
    /// <param name="level">The grid.</param>
    /// <param name="classes">Where the first cell's classes stand; from one cell to the next.</param>
    /// <param name="classStep">From one cell's classes to the next cell's.</param>
    /// <param name="count">How many classes there are.</param>
    /// <param name="sides">Where the first cell's distributions stand.</param>
    /// <param name="sideStep">From one cell's distributions to the next cell's.</param>
    /// <param name="output">Whose the scores are, for errors.</param>
    /// <param name="minimumScore">Boxes of a lower score are left out.</param>
    /// <param name="boxes">Receives the boxes.</param>
    public int Decode(
        int level, ReadOnlySpan<float> classes, int classStep, int count, ReadOnlySpan<float> sides, int sideStep, SessionValue output,
        float minimumScore, Span<ScoredBox> boxes)
    {
        int stride = 8 << level, found = 0;
        (int rows, int columns) = Grid(signature, level);
        for (int i = 0; i < rows * columns; i++)
        {
            (int best, float score) = HeadValues.Best(classes[(i * classStep)..], count);
            score = HeadValues.Probability(score, output, "class score");
            if (score >= minimumScore)
            {
                ReadOnlySpan<float> at = sides[(i * sideStep)..];
                float x = ((i % columns) + _offset) * stride, y = ((i / columns) + _offset) * stride;
                boxes[found++] = new(best, score, new(
                    x - (stride * Side(at, 0)), y - (stride * Side(at, 1)), x + (stride * Side(at, 2)), y + (stride * Side(at, 3))));
            }
        }

        return found;
    }

    private static float Side(ReadOnlySpan<float> sides, int side) => HeadValues.ExpectedBin(sides[(side * Bins)..], Bins, 1);
}
