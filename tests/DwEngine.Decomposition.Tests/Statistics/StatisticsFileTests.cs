using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Statistics;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Decomposition.Tests.Statistics;

public sealed class StatisticsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "statistics.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_saved_is_read_again_to_the_bit()
    {
        CalibrationStatistics saved = Some();
        StatisticsFile.Save(File, saved);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        CalibrationStatistics found = StatisticsFile.Load(File);
        Assert.Equal((saved.Seed, saved.Images, saved.Layers.Length), (found.Seed, found.Images, found.Layers.Length));
        Assert.Equal(saved.Source, found.Source);
        Assert.Equal(saved.Identities, found.Identities);
        foreach (LayerStatisticsEntry layer in saved.Layers)
        {
            Assert.True(found.TryFind(layer.Layer, layer.Group, out LayerStatistics? statistics));
            LayerStatisticsTests.AssertSame(layer.Statistics, statistics);
        }

        StatisticsFile.Save(File, found);
        Assert.Equal(bytes, System.IO.File.ReadAllBytes(File));
    }

    [Theory]
    [InlineData("header", "version")]
    [InlineData("layer/0/a:xx", "no sum of squares")]
    [InlineData("layer/0/a:sum_y", "finite")]
    [InlineData("layer/0/a:yy", "missing")]
    [InlineData("layer/1/b/c:xy", "was expected")]
    public void Damaged_tensors_are_refused_by_name(string name, string problem)
    {
        StatisticsFile.Save(File, Some());
        var damaged = new StateDict();
        foreach ((string key, Tensor tensor) in CheckpointFile.Load(File).Tensors)
        {
            if (key != name)
            {
                damaged.Add(key, tensor);
            }
            else if (problem != "missing")
            {
                byte[] bytes = tensor.Bytes.ToArray();
                int last = bytes.Length - sizeof(double);
                BitConverter.TryWriteBytes(bytes.AsSpan(problem == "version" ? 0 : last), problem switch
                {
                    "version" => 7L,
                    "finite" => BitConverter.DoubleToInt64Bits(double.NaN),
                    _ => BitConverter.DoubleToInt64Bits(-5.0),
                });
                damaged.Add(key, problem == "was expected"
                    ? Tensor.FromBytes(ElementType.Int64, tensor.Shape, bytes)
                    : Tensor.FromBytes(tensor.Type, tensor.Shape, bytes));
            }
        }

        CheckpointFile.Save(File, new Checkpoint(damaged, new ModelMetadata()));
        FileFormatException error = Assert.Throws<FileFormatException>(() => StatisticsFile.Load(File));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, double> Extremes
    {
        get
        {
            var rows = new TheoryData<string, double>();
            foreach (string part in (string[])["sum_x", "sum_y", "xx", "xy", "yy"])
            {
                foreach (double value in (double[])[double.NaN, double.NegativeInfinity, double.MaxValue, -double.MaxValue, 1e200, -1e90])
                {
                    rows.Add($"layer/0/a:{part}", value);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Extremes))]
    public void Numbers_that_no_sums_have_are_refused_by_name(string name, double value)
    {
        // The first and the last entry: on the diagonal and, in xy, off it.
        foreach (bool isLast in (bool[])[false, true])
        {
            FileFormatException error = RefuseChanged(
                name, bytes => BitConverter.TryWriteBytes(bytes.AsSpan(isLast ? bytes.Length - sizeof(double) : 0), value));
            // The greater of a sum and a sum of squares may be to blame.
            Assert.Contains("layer/0/a:", error.Location);
        }
    }

    [Theory]
    [InlineData("header", 16, -1, "images")]
    [InlineData("header", 16, long.MaxValue, "images")]
    [InlineData("header", 0, long.MinValue, "version")]
    [InlineData("layer/0/a:count", 0, -1, "positions")]
    [InlineData("layer/0/a:count", 0, long.MaxValue, "positions")]
    [InlineData("layer/0/a:count", 0, 0, "0 float32 numbers")]
    [InlineData("layer/0/a:count", 0, 1, "more than 1 number ")]
    public void Counts_that_nothing_has_are_refused(string name, int offset, long value, string problem) =>
        Assert.Contains(problem, RefuseChanged(name, bytes => BitConverter.TryWriteBytes(bytes.AsSpan(offset), value)).Problem);

    [Fact]
    public void Errors_keep_what_led_to_them()
    {
        StatisticsFile.Save(File, Some());
        var changed = new StateDict();
        foreach ((string name, Tensor tensor) in CheckpointFile.Load(File).Tensors)
        {
            bool isEmptied = name.StartsWith("layer/0/a:", StringComparison.Ordinal) && tensor.Type == ElementType.Float64;
            changed.Add(name, isEmptied ? Tensor.FromBytes(tensor.Type, new Shape(new int[tensor.Shape.Rank]), []) : tensor);
        }

        CheckpointFile.Save(File, new Checkpoint(changed, new ModelMetadata()));
        Assert.IsType<ShapeException>(Assert.Throws<FileFormatException>(() => StatisticsFile.Load(File)).InnerException);
    }

    private FileFormatException RefuseChanged(string name, Action<byte[]> change)
    {
        StatisticsFile.Save(File, Some());
        var changed = new StateDict();
        foreach ((string key, Tensor tensor) in CheckpointFile.Load(File).Tensors)
        {
            byte[] bytes = tensor.Bytes.ToArray();
            if (key == name)
            {
                change(bytes);
            }

            changed.Add(key, Tensor.FromBytes(tensor.Type, tensor.Shape, bytes));
        }

        CheckpointFile.Save(File, new Checkpoint(changed, new ModelMetadata()));
        return Assert.Throws<FileFormatException>(() => StatisticsFile.Load(File));
    }

    [Fact]
    public void Truncated_file_is_refused_at_any_length()
    {
        StatisticsFile.Save(File, Some());
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        for (int length = 0; length < bytes.Length; length += 97)
        {
            System.IO.File.WriteAllBytes(File, bytes[..length]);
            Assert.Throws<FileFormatException>(() => StatisticsFile.Load(File));
        }
    }

    [Fact]
    public void Images_that_nothing_tells_apart_are_no_error()
    {
        StatisticsFile.Save(File, new CalibrationStatistics(1, 3, [], default, []));
        Assert.Empty(StatisticsFile.Load(File).Identities);
    }

    private static CalibrationStatistics Some()
    {
        var random = new Random(3);
        return new CalibrationStatistics(ulong.MaxValue, 12, [new("a", 0, Sums(9, 2)), new("b/c", 0, Sums(4, 3)),
            new("b/c", 1, Sums(4, 3))], new CalibrationSource(ulong.MaxValue, 7), [5, -6]);

        LayerStatistics Sums(int inputs, int outputs) =>
            new LayerSamples(inputs, outputs, Values(20 * inputs), Values(20 * outputs), Clamp.None).Accumulate();

        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
