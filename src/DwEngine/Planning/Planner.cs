using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Planewise;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Planning;

/// <summary>Turns a graph into a plan: asks each layer for its kernels, then places the activations by their lifetimes.</summary>
internal sealed class Planner
{
    private readonly Graph _graph;
    private readonly GraphShapes _shapes;
    private readonly Isa _isa;
    private readonly PackedWeights _weights;
    private readonly List<PlanBuffer> _buffers = [];
    private readonly List<PlanStep> _steps = [];
    private readonly Dictionary<Value, Planes> _planes = [];
    private readonly Dictionary<PlaneAddress, PlaneAddress> _staged = [];

    private Planner(Graph graph, GraphShapes shapes, Isa isa, PackedWeights weights)
    {
        _graph = graph;
        _shapes = shapes;
        _isa = isa;
        _weights = weights;
    }

    /// <summary>Builds the plan for certain input shapes. Only running it takes a CPU that has the instruction set.</summary>
    /// <exception cref="ShapeException">
    /// A layer cannot take the shape that it is fed, or an activation, packed weights or a kernel's scratch memory are too large; the message names the node.
    /// </exception>
    public static Plan Build(Graph graph, ReadOnlySpan<Shape> inputShapes, Isa isa, PackedWeights weights)
    {
        return new Planner(graph, graph.InferShapes(inputShapes), isa, weights).Build();
    }

    private Plan Build()
    {
        for (int i = 0; i < _graph.Inputs.Length; i++)
        {
            (int index, GraphInput input) = (i, _graph.Inputs[i]);
            _planes[input.Value] = Naming($"Input '{input.Name}'", () => NewBuffer(BufferKind.Input, index, _shapes[input.Value]));
        }

        foreach (Node node in _graph.Nodes)
        {
            Naming($"Node {node}", () =>
            {
                node.Layer.Lower(new NodeLowering(this, node));
                return node;
            });
        }

        for (int i = 0; i < _graph.Outputs.Length; i++)
        {
            GraphOutput output = _graph.Outputs[i];
            Planes source = _planes[output.Value];
            Planes target = NewBuffer(BufferKind.Output, i, _shapes[output.Value]);
            Emit($"output {output.Name}", new CopyProblem(source.Count, source.Length), [source], target, _shapes[output.Value], 0);
        }

        long arenaLength = PlaceBuffers();
        return new Plan(
            _isa,
            [.. _graph.Inputs.Select(input => _shapes[input.Value])],
            [.. _graph.Outputs.Select(output => _shapes[output.Value])],
            [.. _steps],
            [.. _buffers],
            arenaLength);
    }

    // An error names the place whose sizes are too large.
    private static T Naming<T>(string place, Func<T> build)
    {
        try
        {
            return build();
        }
        catch (ShapeException problem)
        {
            throw new ShapeException($"{place}: {problem.Message}");
        }
        catch (OverflowException)
        {
            throw new ShapeException($"{place}: its sizes are more than can be counted.");
        }
        catch (OutOfMemoryException)
        {
            throw new ShapeException($"{place}: its weights and tables need more memory than this process may use.");
        }
    }

    private void Emit<TProblem>(string name, TProblem problem, ReadOnlySpan<Planes> inputs, Planes output, Shape shape, long multiplyAdds)
    {
        BoundKernel kernel = KernelTable.Select(_isa, problem).Bind(problem, _weights);
        if (kernel.TaskCount > PlaneLayout.MostTasks)
        {
            throw new ShapeException($"{kernel.TaskCount} tasks of the kernel {kernel.Name} are too many; at most {PlaneLayout.MostTasks} can be shared out.");
        }

        AlignedBuffer.RequireAvailable(kernel.ScratchBytes);
        ImmutableArray<PlaneAddress>.Builder addresses = ImmutableArray.CreateBuilder<PlaneAddress>();
        foreach (Planes input in inputs)
        {
            addresses.AddRange(kernel.ReadsExactly ? input.Addresses : Stage(input));
        }

        _steps.Add(new PlanStep(name, kernel, addresses.ToImmutable(), output.Addresses, shape, multiplyAdds));
    }

    // A kernel that reads ahead must not do so in the caller's memory, so planes that lie there are copied into the arena, once.
    private ImmutableArray<PlaneAddress> Stage(Planes planes)
    {
        PlaneAddress[] outside = [.. planes.Addresses.Where(a => _buffers[a.Buffer].Kind == BufferKind.Input && !_staged.ContainsKey(a)).Distinct()];
        if (outside.Length > 0)
        {
            Planes copies = NewArenaPlanes(outside.Length, planes.Length);
            Emit("stage input", new CopyProblem(outside.Length, planes.Length), [new Planes([.. outside], planes.Length)], copies, new Shape(outside.Length, planes.Length), 0);
            for (int i = 0; i < outside.Length; i++)
            {
                _staged.Add(outside[i], copies.Addresses[i]);
            }
        }

        return [.. planes.Addresses.Select(a => _staged.GetValueOrDefault(a, a))];
    }

    // How a shape becomes planes: the last axes from the third on, or the second alone in a matrix, are a plane.
    private static (int Count, int Length) PlanesOf(Shape shape)
    {
        // The product of all dimensions fits in 64 bits, and no dimension that a layer accepts is 0.
        int leading = shape.Rank <= 1 ? 0 : shape.Rank == 2 ? 1 : 2;
        long count = 1, length = 1;
        for (int i = 0; i < shape.Rank; i++)
        {
            if (i < leading)
            {
                count *= shape[i];
            }
            else
            {
                length *= shape[i];
            }
        }

        Planes.RequireAddressable(count, length, shape);
        return ((int)count, (int)length);
    }

    // A caller's memory is dense.
    private Planes NewBuffer(BufferKind kind, int index, Shape shape)
    {
        (int count, int length) = PlanesOf(shape);
        _buffers.Add(new PlanBuffer(kind, index, (long)count * length));
        return Lay(count, length, length);
    }

    private Planes NewArenaPlanes(int count, int length)
    {
        int stride = PlaneLayout.Stride(length);
        _buffers.Add(new PlanBuffer(BufferKind.Arena, 0, PlaneLayout.RoundUp((long)count * stride)));
        return Lay(count, length, stride);
    }

    private Planes Lay(int count, int length, long stride) =>
        new([.. Enumerable.Range(0, count).Select(i => new PlaneAddress(_buffers.Count - 1, i * stride))], length);

    // A buffer is alive from the first to the last step that names it.
    private long PlaceBuffers()
    {
        int[] first = new int[_buffers.Count], last = new int[_buffers.Count];
        Array.Fill(first, int.MaxValue);
        Array.Fill(last, -1);
        for (int step = 0; step < _steps.Count; step++)
        {
            foreach (PlaneAddress address in _steps[step].Inputs.Concat(_steps[step].Outputs))
            {
                first[address.Buffer] = Math.Min(first[address.Buffer], step);
                last[address.Buffer] = step;
            }
        }

        int[] arena = [.. Enumerable.Range(0, _buffers.Count).Where(i => _buffers[i].Kind == BufferKind.Arena && last[i] >= 0)];
        (long[] offsets, long length) = ArenaLayout.Place(
            [.. arena.Select(i => new ArenaLayout.Request(_buffers[i].Length, first[i], last[i]))], PlaneLayout.ReadAhead);
        for (int i = 0; i < arena.Length; i++)
        {
            _buffers[arena[i]] = _buffers[arena[i]] with { Offset = offsets[i] };
        }

        return length + PlaneLayout.ReadAhead;
    }

    private sealed class NodeLowering(Planner planner, Node node) : ILowering
    {
        private int _emitted;

        public int InputCount => node.Inputs.Length;

        public Shape InputShape(int index) => planner._shapes[node.Inputs[index]];

        public Shape OutputShape(int index) => planner._shapes[node.Outputs[index]];

        public Planes Input(int index) => planner._planes[node.Inputs[index]];

        public Planes Allocate(int index)
        {
            Planes planes = AllocateBetween(OutputShape(index));
            Alias(index, planes);
            return planes;
        }

        public Planes AllocateBetween(Shape shape)
        {
            (int count, int length) = PlanesOf(shape);
            return planner.NewArenaPlanes(count, length);
        }

        public bool IsSolvable<TProblem>(TProblem problem) => KernelTable.Find(planner._isa, problem) is not null;

        public void Alias(int index, Planes planes) => planner._planes[node.Outputs[index]] = planes;

        public void Emit<TProblem>(TProblem problem, ReadOnlySpan<Planes> inputs, Planes output, Shape? shape = null)
        {
            // The cost of a node goes to the first of its kernels.
            long cost = _emitted++ == 0 ? planner._shapes.MultiplyAdds(node) : 0;
            planner.Emit(node.Name, problem, inputs, output, shape ?? OutputShape(0), cost);
        }
    }
}
