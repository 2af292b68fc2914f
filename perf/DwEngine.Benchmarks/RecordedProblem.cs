using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks;

/// <summary>A problem that a layer of a network gives to the kernel table.</summary>
/// <param name="Name">What it is, for people.</param>
/// <param name="MultiplyAdds">Multiply-adds of one run.</param>
/// <param name="Inputs">Lengths of the planes that it reads.</param>
/// <param name="Outputs">Lengths of the planes that it writes.</param>
/// <param name="IsAcceptedBy">Whether a row solves this kind of problem, and this one.</param>
/// <param name="Bind">Binds a row that accepts the problem.</param>
internal sealed record RecordedProblem(
    string Name, long MultiplyAdds, int[] Inputs, int[] Outputs, Func<KernelRow, bool> IsAcceptedBy, Func<KernelRow, BoundKernel> Bind)
{
    /// <summary>All different problems of a graph.</summary>
    public static IEnumerable<RecordedProblem> Of(Graph graph)
    {
        GraphShapes shapes = graph.InferShapes();
        return graph.Nodes.SelectMany(node => new Recorder(shapes, node).Record()).DistinctBy(problem => problem.Name);
    }

    /// <summary>Lowers one layer as if each of its inputs had memory of its own, and keeps what it emits.</summary>
    private sealed class Recorder(GraphShapes shapes, Node node) : ILowering
    {
        private readonly List<RecordedProblem> _problems = [];
        private int _buffers;

        public int InputCount => node.Inputs.Length;

        public IEnumerable<RecordedProblem> Record()
        {
            node.Layer.Lower(this);
            return _problems;
        }

        public Shape InputShape(int index) => shapes[node.Inputs[index]];

        public Shape OutputShape(int index) => shapes[node.Outputs[index]];

        public Planes Input(int index) => NewPlanes(InputShape(index));

        public Planes Allocate(int index) => NewPlanes(OutputShape(index));

        public Planes AllocateBetween(Shape shape) => NewPlanes(shape);

        // A layer is cut alike on every instruction set.
        public bool IsSolvable<TProblem>(TProblem problem) => KernelTable.Find(Isas.Best, problem) is not null;

        public void Alias(int index, Planes planes)
        {
            // Another name for the same memory takes no kernel.
        }

        public void Emit<TProblem>(TProblem problem, ReadOnlySpan<Planes> inputs, Planes output, Shape? shape = null)
        {
            List<int> lengths = [];
            foreach (Planes input in inputs)
            {
                lengths.AddRange(Enumerable.Repeat(input.Length, input.Count));
            }

            string window = node.Layer is Convolution { Window: var w, Groups: var groups }
                ? $" {w.KernelHeight}x{w.KernelWidth}/{w.StrideY} g{groups}"
                : "";
            _problems.Add(new RecordedProblem(
                $"{node.Layer.Kind} {InputShape(0)}>{OutputShape(0)}{window}",
                shapes.MultiplyAdds(node),
                [.. lengths],
                [.. Enumerable.Repeat(output.Length, output.Count)],
                row => row is KernelRow<TProblem> own && own.Accepts(problem),
                row => ((KernelRow<TProblem>)row).Bind(problem, new PackedWeights())));
        }

        private Planes NewPlanes(Shape shape)
        {
            int count = shape.Rank == 2 ? shape[0] : shape[0] * shape[1];
            int length = (int)(shape.ElementCount / count);
            int stride = PlaneLayout.Stride(length);
            int buffer = _buffers++;
            return new Planes([.. Enumerable.Range(0, count).Select(i => new PlaneAddress(buffer, (long)i * stride))], length);
        }
    }
}
