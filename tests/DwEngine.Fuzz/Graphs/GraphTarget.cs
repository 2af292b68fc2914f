namespace DwEngine.Fuzz.Graphs;

/// <summary>
/// Random graphs with extreme windows, strides, dilations and channels, against the naive reference. An input is the graph's seed.
/// </summary>
internal sealed class GraphTarget : FuzzTarget
{
    public override string Name => "graphs";

    public override int LongestInput => sizeof(int);

    public override IReadOnlyList<byte[]> Corpus { get; } = [BitConverter.GetBytes(1)];

    public override byte[] Mutate(byte[] input, byte[] other, Random random) => BitConverter.GetBytes(random.Next());

    public override long AllocationLimit(int inputLength) => 512L << 20;

    public override void Run(byte[] input)
    {
        int seed = BitConverter.ToInt32(input);
        var (graph, tensor) = ExtremeGraphs.Make(seed);
        ExtremeGraphs.Check(graph, tensor, threads: 1 + (seed & 1));
    }
}
