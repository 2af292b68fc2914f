using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Tests.Graphs;

/// <summary>Random graphs of layers that move elements, of any type.</summary>
internal static class LayoutGraphs
{
    private static readonly ElementType[] s_types =
        [ElementType.Float32, ElementType.UInt8, ElementType.Int64, ElementType.Int32, ElementType.Float16, ElementType.Int8,
            ElementType.Bool];

    /// <summary>A graph with one input and one output or more, and a tensor for the input.</summary>
    public static (Graph Graph, Tensor Input) Make(int seed)
    {
        var random = new Random(seed);
        ElementType type = s_types[random.Next(s_types.Length)];
        var shape = new Shape([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(1, 7))]);
        if (random.Next(3) == 0)
        {
            shape = new Shape(random.Next(1, 4), random.Next(1, 9), random.Next(4, 12), random.Next(4, 12));
        }

        var builder = new GraphBuilder();
        List<ValueHandle> values = [builder.Input("x", shape, type)];
        for (int layers = random.Next(1, 7); layers > 0; layers--)
        {
            ValueHandle x = values[^random.Next(1, Math.Min(3, values.Count) + 1)];
            values.AddRange(Append(random, x, values));
        }

        return (builder.Build(("last", values[^1]), ("other", values[random.Next(values.Count)])), Fill(random, type, shape));
    }

    /// <summary>A tensor of random bytes; those of floating-point numbers are finite.</summary>
    public static Tensor Fill(Random random, ElementType type, Shape shape)
    {
        byte[] bytes = new byte[shape.ElementCount * type.Size()];
        random.NextBytes(bytes);
        if (type == ElementType.Float32)
        {
            foreach (ref float value in MemoryMarshal.Cast<byte, float>(bytes.AsSpan()))
            {
                value = random.NextSingle() - 0.5f;
            }
        }

        return Tensor.FromBytes(type, shape, bytes);
    }

    private static ValueHandle[] Append(Random random, ValueHandle x, List<ValueHandle> values)
    {
        Shape shape = x.Shape;
        int rank = shape.Rank;
        if (rank == 0)
        {
            return [x.Expand([random.Next(1, 4), random.Next(1, 4)])];
        }

        int axis = random.Next(rank);
        switch (random.Next(17))
        {
            case 0 or 1:
                int[] order = [.. Enumerable.Range(0, rank)];
                random.Shuffle(order);
                return [x.Transpose([.. order])];
            case 2 or 3:
                return [x.Reshape(Regroup(random, shape))];
            case 4:
                int start = random.Next(shape[axis]), end = random.Next(start + 1, shape[axis] + 3), step = random.Next(1, 3);
                return random.Next(3) == 0
                    ? [x.Slice([-1], [-(2 * shape[axis]) - 1], [axis], [-step])]
                    : [x.Slice([start], [end], [axis - (random.Next(2) * rank)], [step])];
            case 5:
                var mode = (PadMode)random.Next(4);
                int[] before = [.. Enumerable.Range(0, rank).Select(i => random.Next(Math.Min(3, shape[i])))];
                int[] after = [.. Enumerable.Range(0, rank).Select(i => random.Next(Math.Min(3, shape[i])))];
                return shape.ElementCount < 3000 ? [x.Pad([.. before], [.. after], mode, random.Next(2))] : [x];
            case 6:
                return shape.ElementCount < 1000 && rank < 6
                    ? [x.Expand([random.Next(1, 4), .. shape.Dimensions.ToArray().Select(size => size == 1 ? random.Next(1, 4) : 1)])]
                    : [x];
            case 7:
                long[] indices = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => (long)random.Next(-shape[axis], shape[axis]))];
                Shape arrangement = random.Next(3) switch
                {
                    0 when rank < 7 => new Shape(1, indices.Length),
                    1 when indices.Length == 1 => new Shape(),
                    _ => new Shape(indices.Length)
                };
                return [x.Gather(x.Builder.Constant(Integers(arrangement, indices)), axis)];
            case 8 when shape[axis] > 1:
                int first = random.Next(1, shape[axis]);
                return x.Builder.Apply(Split.Along(axis, first, shape[axis] - first), [x]);
            case 9:
                ValueHandle[] fitting = [.. values.Where(value => value.Shape == shape)];
                return shape.ElementCount < 3000 ? [x.Builder.Concat([x, fitting[random.Next(fitting.Length)], x], axis: axis)] : [x];
            case 10 when x.Fact.Type == ElementType.Float32 && rank > 1:
                return [x.Softmax(axis)];
            case 11:
                return shape.ElementCount < 500 ? [x.Tile([.. shape.Dimensions.ToArray().Select(_ => random.Next(1, 4))])] : [x];
            case 12 when rank < 7:
                int added = random.Next(rank + 1);
                return [x.Unsqueeze([added, -1])];
            case 13:
                return [x.Squeeze(shape[axis] == 1 && random.Next(2) == 0 ? [axis - rank] : default)];
            case 14 when rank == 4:
                int block = random.Next(1, 4);
                return shape[1] % (block * block) == 0 ? [x.DepthToSpace(block, random.Next(2) == 0)]
                    : shape[2] % block == 0 && shape[3] % block == 0 ? [x.SpaceToDepth(block)] : [x.SpaceToDepth(1)];
            case 15:
                return [x.Apply(new Flatten(random.Next(-rank, rank + 1))).Identity()];
            case 16:
                int[] amounts = [.. Enumerable.Range(0, 2).Select(_ => random.Next(-shape[axis] / 3, 5))];
                Tensor[] further =
                [
                    Integers(new Shape(2), amounts[0], amounts[1]),
                    Fill(random, x.Fact.Type, new Shape()),
                    Integers(new Shape(1), axis - rank),
                ];
                return x.Builder.Apply(new Pad((PadMode)random.Next(4)), [x, .. further.Select(tensor => x.Builder.Constant(tensor))]);
            default:
                return [x];
        }
    }

    public static Tensor Integers(Shape shape, params long[] values) =>
        Tensor.FromBytes(ElementType.Int64, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    // The same elements as other dimensions: neighbours joined, or one parted.
    private static ImmutableArray<int> Regroup(Random random, Shape shape)
    {
        List<int> dimensions = [.. shape.Dimensions];
        if (dimensions.Count > 1 && random.Next(2) == 0)
        {
            int at = random.Next(dimensions.Count - 1);
            dimensions[at] *= dimensions[at + 1];
            dimensions.RemoveAt(at + 1);
        }
        else if (dimensions.Count < Shape.MaxRank)
        {
            int at = random.Next(dimensions.Count), size = dimensions[at];
            int part = Enumerable.Range(1, size).Where(part => size % part == 0).OrderBy(_ => random.Next()).First();
            dimensions[at] = part;
            dimensions.Insert(at + 1, size / part);
        }

        if (random.Next(2) == 0)
        {
            dimensions[random.Next(dimensions.Count)] = -1;
        }

        return [.. dimensions];
    }
}
