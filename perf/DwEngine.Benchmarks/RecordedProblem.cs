using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks;

/// <summary>A problem that a layer of a network gives to the kernel table.</summary>
/// <param name="Name">What it is, for people.</param>
/// <param name="MultiplyAdds">Multiply-adds of one run.</param>
/// <param name="Inputs">Bytes of each plane that it reads.</param>
/// <param name="Outputs">Bytes of each plane that it writes.</param>
/// <param name="IsAcceptedBy">Whether a row solves this kind of problem, and this one.</param>
/// <param name="Bind">Binds a row that accepts the problem.</param>
internal sealed record RecordedProblem(
    string Name, long MultiplyAdds, int[] Inputs, int[] Outputs, Func<KernelRow, bool> IsAcceptedBy, Func<KernelRow, BoundKernel> Bind)
{
    /// <summary>All different problems of a graph.</summary>
    public static IEnumerable<RecordedProblem> Of(Graph graph)
    {
        GraphFacts facts = graph.Infer();
        return graph.Nodes.SelectMany(node => new Recorder(facts, node).Record())
            .Concat(Separable(graph, facts))
            .DistinctBy(problem => problem.Name);
    }

    // Depthwise convolutions with the 1x1 convolutions around them, which the planner computes together where that pays.
    private static IEnumerable<RecordedProblem> Separable(Graph graph, GraphFacts facts)
    {
        for (int i = 1; i + 1 < graph.Nodes.Length; i++)
        {
            Node[] nodes = [graph.Nodes[i - 1], graph.Nodes[i], graph.Nodes[i + 1]];
            if (nodes is [
                { Layer: Convolution { IsPointwise: true, HasResidual: false } expansion },
                { Layer: Convolution { IsDepthwise: true, HasResidual: false } depthwise },
                { Layer: Convolution { IsPointwise: true, HasResidual: false } projection }]
                && nodes[1].Inputs[0] == nodes[0].Outputs[0] && nodes[2].Inputs[0] == nodes[1].Outputs[0])
            {
                Shape input = facts[nodes[0].Inputs[0]].Shape, middle = facts[nodes[1].Inputs[0]].Shape;
                Shape after = facts[nodes[2].Inputs[0]].Shape, output = facts[nodes[2].Outputs[0]].Shape;
                var problem = new SeparableProblem(expansion.Problem(input), depthwise.Problem(middle), projection.Problem(after));
                int[] lengths = LengthsOf(input);
                yield return new RecordedProblem(
                    $"Separable {input}>{middle[1]}>{output} {depthwise.Details}",
                    nodes.Sum(facts.MultiplyAdds),
                    lengths,
                    LengthsOf(output),
                    row => row is KernelRow<SeparableProblem> own && own.Accepts(problem),
                    row => ((KernelRow<SeparableProblem>)row).Bind(problem, new PackedWeights()));
            }
        }

        static int[] LengthsOf(Shape shape) => [.. Enumerable.Repeat(shape[2] * shape[3] * sizeof(float), shape[0] * shape[1])];
    }

    /// <summary>Lowers one layer as if each of its inputs had memory of its own, and keeps what it emits.</summary>
    private sealed class Recorder(GraphFacts facts, Node node) : ILowering
    {
        private readonly List<RecordedProblem> _problems = [];
        private int _buffers;

        public int InputCount => node.Inputs.Length;

        public int Workers => 1;

        public IEnumerable<RecordedProblem> Record()
        {
            node.Layer.Lower(this);
            return _problems;
        }

        public Fact InputFact(int index) => facts[node.Inputs[index]];

        public Fact OutputFact(int index) => facts[node.Outputs[index]];

        public (Planes Planes, int Axes) View(int index)
        {
            int axes = Planes.StandardAxes(InputFact(index).Shape);
            return (Input(index, axes), axes);
        }

        public Planes Input(int index, int axes) => AllocateBetween(InputFact(index), axes);

        public Planes Allocate(int index, int axes) => AllocateBetween(OutputFact(index), axes);

        public Planes AllocateBetween(Fact fact, int axes)
        {
            (int count, int length) = Planes.Divide(fact.Shape, axes);
            int size = fact.Type.Size(), buffer = _buffers++;
            long stride = PlaneLayout.StrideBytes(length, size);
            return new Planes([.. Enumerable.Range(0, count).Select(i => new PlaneAddress(buffer, i * stride))], length, size);
        }

        // A layer is cut alike on every instruction set.
        public bool IsSolvable<TProblem>(TProblem problem) => KernelTable.Find(Isas.Best, problem) is not null;

        public void Alias(int index, Planes planes, int axes)
        {
            // Another name for the same memory takes no kernel.
        }

        public void EmitBetween<TProblem>(TProblem problem, ReadOnlySpan<Planes> inputs, Planes output, Shape shape) =>
            Emit(problem, inputs, output);

        public void Emit<TProblem>(TProblem problem, ReadOnlySpan<Planes> inputs, params ReadOnlySpan<Planes> outputs)
        {
            int[] lengths = ByteLengths(inputs);
            _problems.Add(new RecordedProblem(
                $"{node.Layer.Kind} {InputFact(0)}>{OutputFact(0)} {node.Layer.Details}",
                facts.MultiplyAdds(node),
                lengths,
                ByteLengths(outputs),
                row => row is KernelRow<TProblem> own && own.Accepts(problem),
                row => PreparedKernel.Of(((KernelRow<TProblem>)row).Bind(problem, new PackedWeights()), lengths.Length)));
        }

        private static int[] ByteLengths(ReadOnlySpan<Planes> all)
        {
            List<int> lengths = [];
            foreach (Planes planes in all)
            {
                lengths.AddRange(Enumerable.Repeat(checked(planes.Length * planes.ElementSize), planes.Count));
            }

            return [.. lengths];
        }
    }
}
