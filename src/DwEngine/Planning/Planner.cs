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
    private readonly GraphFacts _facts;
    private readonly Isa _isa;
    private readonly PackedWeights _weights;
    private readonly int _workers;
    private readonly List<PlanBuffer> _buffers = [];
    private readonly List<SolvedStep> _solved = [];
    private ImmutableArray<PlanStep> _steps = [];
    private readonly List<AlignedBuffer> _constants = [];

    // Where each value lies, and how many of its trailing axes form a plane.
    private readonly Dictionary<Value, (Planes Planes, int Axes)> _places = [];

    // Copies of values in another layout.
    private readonly Dictionary<(Value Value, int Axes), Planes> _laid = [];
    private readonly Dictionary<PlaneAddress, PlaneAddress> _staged = [];

    private Planner(Graph graph, GraphFacts facts, Isa isa, PackedWeights weights, int workers)
    {
        _graph = graph;
        _facts = facts;
        _isa = isa;
        _weights = weights;
        _workers = workers;
    }

    /// <summary>Builds the plan for certain input shapes. Only running it takes a CPU that has the instruction set.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputShapes">The shapes of its inputs.</param>
    /// <param name="isa">The instruction set.</param>
    /// <param name="weights">Where packed weights are shared.</param>
    /// <param name="workers">How many workers the tasks are cut for; any number may run them.</param>
    /// <exception cref="ShapeException">
    /// A layer cannot take the shape that it is fed, or an activation, packed weights or a kernel's scratch memory are too large; the
    /// message names the node.
    /// </exception>
    public static Plan Build(Graph graph, ReadOnlySpan<Shape> inputShapes, Isa isa, PackedWeights weights, int workers = 1)
    {
        return new Planner(graph, graph.Infer(inputShapes), isa, weights, workers).Build();
    }

    private Plan Build()
    {
        for (int i = 0; i < _graph.Inputs.Length; i++)
        {
            (int index, GraphInput input) = (i, _graph.Inputs[i]);
            Fact fact = _facts[input.Value];
            int axes = Planes.StandardAxes(fact.Shape);
            _places[input.Value] = (Naming($"Input '{input.Name}'", () => NewDensePlanes(BufferKind.Input, index, fact, axes)), axes);
        }

        foreach (Node node in _graph.Nodes)
        {
            if (node.Outputs.Any(value => _facts[value].Constant is null))
            {
                Naming($"Node {node}", () =>
                {
                    node.Layer.Lower(new NodeLowering(this, node));
                    return node;
                });
            }
        }

        for (int i = 0; i < _graph.Outputs.Length; i++)
        {
            GraphOutput output = _graph.Outputs[i];
            (Planes source, int axes) = PlaceOf(output.Value);
            Fact fact = _facts[output.Value];
            Planes target = NewDensePlanes(BufferKind.Output, i, fact, axes);
            Emit($"output {output.Name}", new CopyProblem(source.Count, source.Length, source.ElementSize), [source], [target], fact.Shape,
                0);
        }

        _steps = new SeparableSteps(_isa, _weights, [.. _solved]).Join();
        long arenaBytes = PlaceBuffers();
        return new Plan(
            _isa,
            [.. _graph.Inputs.Select(input => _facts[input.Value])],
            [.. _graph.Outputs.Select(output => _facts[output.Value])],
            _steps,
            [.. _buffers],
            [.. _constants],
            arenaBytes);
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
            throw new ShapeException($"{place}: {problem.Message}", problem);
        }
        catch (OverflowException problem)
        {
            throw new ShapeException($"{place}: its sizes are more than can be counted.", problem);
        }
        catch (OutOfMemoryException problem)
        {
            throw new ShapeException($"{place}: its weights and tables need more memory than this process may use.", problem);
        }
    }

    private void Emit<TProblem>(
        string name, TProblem problem, ReadOnlySpan<Planes> inputs, ReadOnlySpan<Planes> outputs, Shape shape, long multiplyAdds) =>
        Emit(name, KernelTable.Select(_isa, problem).Bind(problem, _weights), problem, inputs, outputs, shape, multiplyAdds);

    private void Emit(
        string name, BoundKernel kernel, object? problem, ReadOnlySpan<Planes> inputs, ReadOnlySpan<Planes> outputs, Shape shape,
        long multiplyAdds)
    {
        if (kernel.TaskCount > PlaneLayout.MostTasks)
        {
            throw new ShapeException(
                $"{kernel.TaskCount} tasks of the kernel {kernel.Name} are too many; at most {PlaneLayout.MostTasks} can be shared out.");
        }

        AlignedBuffer.RequireAvailable(kernel.ScratchBytes);
        if (kernel.Preparation is { } preparation)
        {
            long stride = PlaneLayout.RoundUpBytes(preparation.BlockBytes), bytes = checked(preparation.Blocks * stride);
            AlignedBuffer.RequireAvailable(bytes);
            _buffers.Add(new PlanBuffer(BufferKind.Arena, 0, bytes));
            Planes blocks = Lay(preparation.Blocks, 1, 1, stride);
            Emit(name, preparation.Kernel, null, inputs, [blocks], shape, 0);
            inputs = (Planes[])[.. inputs, blocks];
        }

        ImmutableArray<PlaneAddress>.Builder reads = ImmutableArray.CreateBuilder<PlaneAddress>();
        foreach (Planes input in inputs)
        {
            reads.AddRange(kernel.ReadsExactly ? input.Addresses : Stage(input));
        }

        ImmutableArray<PlaneAddress>.Builder writes = ImmutableArray.CreateBuilder<PlaneAddress>();
        foreach (Planes output in outputs)
        {
            writes.AddRange(output.Addresses);
        }

        _solved.Add(new SolvedStep(new PlanStep(name, kernel, reads.ToImmutable(), writes.ToImmutable(), shape, multiplyAdds), problem));
    }

    // A kernel that reads ahead must not do so in the caller's memory, so planes that lie there are copied into the arena, once.
    private ImmutableArray<PlaneAddress> Stage(Planes planes)
    {
        PlaneAddress[] outside =
            [.. planes.Addresses.Where(a => _buffers[a.Buffer].Kind == BufferKind.Input && !_staged.ContainsKey(a)).Distinct()];
        if (outside.Length > 0)
        {
            Planes copies = NewArenaPlanes(outside.Length, planes.Length, planes.ElementSize);
            Emit(
                "stage input",
                new CopyProblem(outside.Length, planes.Length, planes.ElementSize),
                [planes with { Addresses = [.. outside] }],
                [copies],
                new Shape(outside.Length, planes.Length),
                0);
            for (int i = 0; i < outside.Length; i++)
            {
                _staged.Add(outside[i], copies.Addresses[i]);
            }
        }

        return [.. planes.Addresses.Select(a => _staged.GetValueOrDefault(a, a))];
    }

    private (Planes Planes, int Axes) PlaceOf(Value value)
    {
        if (!_places.TryGetValue(value, out (Planes, int) place))
        {
            // Only a constant is read before anything has placed it.
            Fact fact = _facts[value];
            int axes = Planes.StandardAxes(fact.Shape);
            place = _places[value] = (NewDensePlanes(BufferKind.Constant, HoldConstant(fact.Constant!), fact, axes), axes);
        }

        return place;
    }

    private int HoldConstant(Tensor tensor)
    {
        _constants.Add(_weights.Get(tensor, "constant", () =>
        {
            var buffer = new AlignedBuffer(tensor.Bytes.Length + PlaneLayout.ReadAheadBytes);
            tensor.Bytes.CopyTo(buffer.AsBytes());
            return buffer;
        }));
        return _constants.Count - 1;
    }

    private Planes LayOut(Value value, int axes)
    {
        (Planes planes, int present) = PlaceOf(value);
        if (axes == present)
        {
            return planes;
        }

        Fact fact = _facts[value];
        (int count, int length) = Planes.Divide(fact.Shape, axes);
        if (axes < present)
        {
            return planes.Cut(planes.Length / Math.Max(length, 1));
        }

        int pieces = planes.Count / Math.Max(count, 1);
        if (planes.TryJoin(pieces) is { } joined)
        {
            return joined;
        }

        if (!_laid.TryGetValue((value, axes), out Planes? copy))
        {
            copy = NewArenaPlanes(count, length, planes.ElementSize);
            Emit(
                $"lay out {value}",
                new CopyProblem(planes.Count, planes.Length, planes.ElementSize),
                [planes],
                [copy.Cut(pieces)],
                fact.Shape,
                0);
            _laid.Add((value, axes), copy);
        }

        return copy;
    }

    // A caller's memory, and that of constants, is dense.
    private Planes NewDensePlanes(BufferKind kind, int index, Fact fact, int axes)
    {
        (int count, int length) = Planes.Divide(fact.Shape, axes);
        int size = fact.Type.Size();
        long stride = (long)length * size;
        _buffers.Add(new PlanBuffer(kind, index, checked(count * stride)));
        return Lay(count, length, size, stride);
    }

    private Planes NewArenaPlanes(int count, int length, int elementSize)
    {
        long stride = PlaneLayout.StrideBytes(length, elementSize);
        long bytes = checked(count * stride);
        _buffers.Add(new PlanBuffer(BufferKind.Arena, 0, PlaneLayout.RoundUpBytes(bytes)));
        return Lay(count, length, elementSize, stride);
    }

    private Planes Lay(int count, int length, int elementSize, long stride) =>
        new([.. Enumerable.Range(0, count).Select(i => new PlaneAddress(_buffers.Count - 1, i * stride))], length, elementSize);

    // A buffer is alive from the first to the last step that names it.
    private long PlaceBuffers()
    {
        int[] first = new int[_buffers.Count], last = new int[_buffers.Count];
        Array.Fill(first, int.MaxValue);
        Array.Fill(last, -1);
        for (int step = 0; step < _steps.Length; step++)
        {
            foreach (PlaneAddress address in _steps[step].Inputs.Concat(_steps[step].Outputs))
            {
                first[address.Buffer] = Math.Min(first[address.Buffer], step);
                last[address.Buffer] = step;
            }
        }

        int[] arena = [.. Enumerable.Range(0, _buffers.Count).Where(i => _buffers[i].Kind == BufferKind.Arena && last[i] >= 0)];
        (long[] offsets, long length) = ArenaLayout.Place(
            [.. arena.Select(i => new ArenaLayout.Request(_buffers[i].Length, first[i], last[i]))], PlaneLayout.ReadAheadBytes);
        for (int i = 0; i < arena.Length; i++)
        {
            _buffers[arena[i]] = _buffers[arena[i]] with { Offset = offsets[i] };
        }

        return checked(length + PlaneLayout.ReadAheadBytes);
    }

    private sealed class NodeLowering(Planner planner, Node node) : ILowering
    {
        private int _emitted;

        public int InputCount => node.Inputs.Length;

        public int Workers => planner._workers;

        public Fact InputFact(int index) => planner._facts[node.Inputs[index]];

        public Fact OutputFact(int index) => planner._facts[node.Outputs[index]];

        public (Planes Planes, int Axes) View(int index) => planner.PlaceOf(node.Inputs[index]);

        public Planes Input(int index, int axes) => planner.LayOut(node.Inputs[index], axes);

        public Planes Allocate(int index, int axes)
        {
            Planes planes = AllocateBetween(OutputFact(index), axes);
            Alias(index, planes, axes);
            return planes;
        }

        public Planes AllocateBetween(Fact fact, int axes)
        {
            (int count, int length) = Planes.Divide(fact.Shape, axes);
            return planner.NewArenaPlanes(count, length, fact.Type.Size());
        }

        public bool IsSolvable<TProblem>(TProblem problem) => KernelTable.Find(planner._isa, problem) is not null;

        public void Alias(int index, Planes planes, int axes) => planner._places[node.Outputs[index]] = (planes, axes);

        public void Emit<TProblem>(TProblem problem, ReadOnlySpan<Planes> inputs, params ReadOnlySpan<Planes> outputs) =>
            planner.Emit(node.Name, problem, inputs, outputs, OutputFact(0).Shape, TakeCost());

        public void EmitBetween<TProblem>(TProblem problem, ReadOnlySpan<Planes> inputs, Planes output, Shape shape) =>
            planner.Emit(node.Name, problem, inputs, [output], shape, TakeCost());

        // The cost of a node goes to the first of its kernels.
        private long TakeCost()
        {
            return _emitted++ == 0 ? planner._facts.MultiplyAdds(node) : 0;
        }
    }
}
