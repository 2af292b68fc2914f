using System.Collections.Immutable;
using System.Globalization;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Decomposition.Statistics;

/// <summary>
/// Reads and writes <see cref="CalibrationStatistics"/> as a safetensors file. <c>header</c> holds version, seed and number of images,
/// <c>source</c> hashes of the network and of how images were prepared, <c>images</c> what tells these apart; for each layer and
/// group there are <c>layer/GROUP/NAME:PART</c> with the parts <c>count</c>, <c>sum_x</c>, <c>sum_y</c>, <c>xx</c>, <c>xy</c> and
/// <c>yy</c>. The bytes depend on the statistics alone.
/// </summary>
public static class StatisticsFile
{
    /// <summary>The version that is written, and the only one that is read.</summary>
    public const int Version = 2;

    private const string HeaderName = "header", SourceName = "source", ImagesName = "images";
    private const string Prefix = "layer/";

    // Positions or images; sums of as many float32 numbers are exact to count, and their products far from overflow.
    private const long MaxCount = 1L << 52;

    // Sums are rounded.
    private const double Slack = 1 + 1e-6;
    private const string Count = ":count", SumX = ":sum_x", SumY = ":sum_y", XX = ":xx", XY = ":xy", YY = ":yy";

    /// <summary>Writes statistics; the file appears complete or not at all.</summary>
    /// <param name="path">A file with the extension <c>.safetensors</c>; what stood there before is replaced.</param>
    /// <param name="statistics">What to write.</param>
    /// <exception cref="FileFormatException">The extension is another, or the file cannot be written.</exception>
    public static void Save(string path, CalibrationStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        var tensors = new StateDict();
        tensors.Add(HeaderName, NumberTensors.Of(Version, unchecked((long)statistics.Seed), statistics.Images));
        tensors.Add(
            SourceName, NumberTensors.Of(unchecked((long)statistics.Source.Network), unchecked((long)statistics.Source.Preparation)));
        tensors.Add(ImagesName, NumberTensors.Of([.. statistics.Identities]));
        foreach ((string layer, int group, LayerStatistics sums) in statistics.Layers)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{group}/{layer}");
            tensors.Add(name + Count, NumberTensors.Of(sums.Count));
            tensors.Add(name + SumX, NumberTensors.Of(new Shape(sums.Inputs), sums.SumX));
            tensors.Add(name + SumY, NumberTensors.Of(new Shape(sums.Outputs), sums.SumY));
            tensors.Add(name + XX, NumberTensors.Of(new Shape(sums.Inputs, sums.Inputs), sums.XX.Values));
            tensors.Add(name + XY, NumberTensors.Of(new Shape(sums.Inputs, sums.Outputs), sums.XY.Values));
            tensors.Add(name + YY, NumberTensors.Of(new Shape(sums.Outputs, sums.Outputs), sums.YY.Values));
        }

        CheckpointFile.Save(path, new Checkpoint(tensors, new ModelMetadata()));
    }

    /// <summary>Reads statistics.</summary>
    /// <param name="path">A file that <see cref="Save"/> wrote.</param>
    /// <exception cref="FileFormatException">
    /// The file is missing, unreadable, truncated, corrupt or of another version, or its numbers cannot be sums of squares.
    /// </exception>
    public static CalibrationStatistics Load(string path)
    {
        StateDict tensors = CheckpointFile.Load(path).Tensors;
        if (!tensors.TryGet(HeaderName, out _))
        {
            throw new FileFormatException(path, "", $"is no file of calibration statistics; a tensor '{HeaderName}' was expected");
        }

        var reader = new Reader(path, tensors);
        long[] header = reader.Integers(HeaderName, 3);
        if (header[0] != Version)
        {
            throw new FileFormatException(
                path, HeaderName, $"version {header[0]} of calibration statistics; version {Version} was expected");
        }

        if (header[2] is < 0 or > MaxCount)
        {
            throw new FileFormatException(
                path, HeaderName, $"statistics of {Words.Count(header[2], "image")}; 0 to {MaxCount} were expected");
        }

        long[] source = reader.Integers(SourceName, 2);
        ImmutableArray<LayerStatisticsEntry> layers = [.. reader.Names(Prefix, Count).Select(reader.Layer)];
        try
        {
            return new CalibrationStatistics(unchecked((ulong)header[1]), header[2], layers,
                new CalibrationSource(unchecked((ulong)source[0]), unchecked((ulong)source[1])), reader.Integers(ImagesName));
        }
        catch (DwEngineException error)
        {
            throw new FileFormatException(path, HeaderName, error.Message, error);
        }
    }

    private sealed class Reader(string path, StateDict tensors)
    {
        private readonly NumberTensors _numbers = new(path, tensors);

        public IEnumerable<string> Names(string prefix, string suffix) => tensors.Names
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal))
            .Select(name => name[..^suffix.Length]);

        public LayerStatisticsEntry Layer(string name)
        {
            int slash = name.IndexOf('/', Prefix.Length);
            if (slash < 0 || !int.TryParse(
                name.AsSpan(Prefix.Length, slash - Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int group))
            {
                throw Error(name, "names no group; expected layer/GROUP/NAME");
            }

            long count = Integers(name + Count, 1)[0];
            if (count is < 0 or > MaxCount)
            {
                throw Error(name + Count, $"{Words.Count(count, "position")}; 0 to {MaxCount} were expected");
            }

            int inputs = _numbers.Length(name + SumX), outputs = _numbers.Length(name + SumY);
            try
            {
                var sums = new LayerStatistics(
                    count,
                    _numbers.Finite(name + SumX, new Shape(inputs)),
                    _numbers.Finite(name + SumY, new Shape(outputs)),
                    Matrix(name + XX, inputs, inputs),
                    Matrix(name + XY, inputs, outputs),
                    Matrix(name + YY, outputs, outputs));
                RequireSquares(name + XX, sums.XX, count);
                RequireSquares(name + YY, sums.YY, count);
                RequireSums(name + SumX, sums.SumX, sums.XX, count);
                RequireSums(name + SumY, sums.SumY, sums.YY, count);
                RequireProducts(name + XY, sums);
                return new LayerStatisticsEntry(name[(slash + 1)..], group, sums);
            }
            catch (ShapeException error)
            {
                throw new FileFormatException(path, $"tensor '{name}'", error.Message, error);
            }
        }

        public long[] Integers(string name, int count) => _numbers.Integers(name, count);

        public ImmutableArray<long> Integers(string name) => [.. Integers(name, _numbers.Length(name))];

        private Matrix Matrix(string name, int rows, int columns) => new(rows, columns, _numbers.Finite(name, new Shape(rows, columns)));

        // A sum of x x^T is symmetric, its entries are bounded by those of the diagonal, and these by the largest float32.
        private void RequireSquares(string name, Matrix matrix, long count)
        {
            double largest = count * (double)float.MaxValue * float.MaxValue * Slack;
            for (int i = 0; i < matrix.Rows; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    double bound = Math.Min(largest, Math.Sqrt(matrix[i, i]) * Math.Sqrt(matrix[j, j]) * Slack);
                    if (matrix[i, j] != matrix[j, i] || !(Math.Abs(matrix[i, j]) <= bound))
                    {
                        throw Error(
                            name, $"the entry ({i}, {j}) is {matrix[i, j]}, which no sum of squares of {count} float32 numbers has there");
                    }
                }
            }
        }

        // (sum x)^2 <= count sum x^2.
        private void RequireSums(string name, ReadOnlySpan<double> sums, Matrix squares, long count)
        {
            for (int i = 0; i < sums.Length; i++)
            {
                if (!(Math.Abs(sums[i]) <= Math.Sqrt(count) * Math.Sqrt(squares[i, i]) * Slack))
                {
                    throw Error(
                        name, $"element {i} is {sums[i]}, more than {Words.Count(count, "number")} with a sum of squares of "
                            + $"{squares[i, i]} can have");
                }
            }
        }

        // (sum x y)^2 <= sum x^2 sum y^2.
        private void RequireProducts(string name, LayerStatistics sums)
        {
            for (int i = 0; i < sums.Inputs; i++)
            {
                for (int j = 0; j < sums.Outputs; j++)
                {
                    if (!(Math.Abs(sums.XY[i, j]) <= Math.Sqrt(sums.XX[i, i]) * Math.Sqrt(sums.YY[j, j]) * Slack))
                    {
                        string squares = $"{sums.XX[i, i]} and {sums.YY[j, j]}";
                        throw Error(name, $"the entry ({i}, {j}) is {sums.XY[i, j]}, which sums of squares of {squares} do not allow");
                    }
                }
            }
        }

        private FileFormatException Error(string name, string problem) => _numbers.Error(name, problem);
    }
}
