using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Statistics;
using DwEngine.Fuzz.Mutation;

namespace DwEngine.Fuzz.Readers;

/// <summary>A file of calibration statistics. What is read must be written as the same bytes twice.</summary>
internal sealed class StatisticsTarget : FuzzTarget
{
    private readonly ScratchFile _file = new(".bin");
    private readonly ScratchFile _written = new(".safetensors");

    public override string Name => "statistics";

    public override IReadOnlyList<byte[]> Corpus { get; } =
        [Save([Layer("a", 0, 3, 2), Layer("b/c", 0, 1, 1), Layer("b/c", 1, 1, 1)]), Save([])];

    public override byte[] Mutate(byte[] input, byte[] other, Random random) => SafeTensorsMutations.Any(input, other, random);

    public override long AllocationLimit(int inputLength) => (160L << 20) + (64L * inputLength);

    public override void Run(byte[] input)
    {
        StatisticsFile.Save(_written.Path, StatisticsFile.Load(_file.Holding(input)));
        byte[] once = File.ReadAllBytes(_written.Path);
        StatisticsFile.Save(_written.Path, StatisticsFile.Load(_written.Path));
        if (!once.AsSpan().SequenceEqual(File.ReadAllBytes(_written.Path)))
        {
            throw new WrongResultException("Statistics became others when they were written and read again.");
        }
    }

    private static byte[] Save(LayerStatisticsEntry[] layers)
    {
        var file = new ScratchFile(".safetensors");
        StatisticsFile.Save(file.Path, new CalibrationStatistics(ulong.MaxValue, 12, [.. layers], new CalibrationSource(7, 9), [5, -6]));
        return File.ReadAllBytes(file.Path);
    }

    // Of five positions whose inputs and outputs are 1.
    private static LayerStatisticsEntry Layer(string name, int group, int inputs, int outputs) => new(
        name, group, new LayerStatistics(
            5, Fives(inputs), Fives(outputs), Matrix(inputs, inputs), Matrix(inputs, outputs), Matrix(outputs, outputs)));

    private static double[] Fives(int count) => [.. Enumerable.Repeat(5.0, count)];

    private static Matrix Matrix(int rows, int columns) => new(rows, columns, Fives(rows * columns));
}
