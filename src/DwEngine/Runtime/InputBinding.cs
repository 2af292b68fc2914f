using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>Which shapes the inputs of a session have: those that the caller names, and what follows from them for the others.</summary>
internal static class InputBinding
{
    /// <summary>The shape of each input.</summary>
    /// <param name="inputs">The graph's inputs.</param>
    /// <param name="asked">The shape that the caller names for an input, or null.</param>
    /// <exception cref="ShapeException">
    /// A dimension that two inputs share has two lengths, or one that the caller must name has none; the message names it.
    /// </exception>
    public static ImmutableArray<Shape> ShapesOf(ImmutableArray<GraphInput> inputs, Func<GraphInput, Shape?> asked)
    {
        var lengths = new Dictionary<string, (int Length, string Input)>(StringComparer.Ordinal);
        foreach (GraphInput input in inputs)
        {
            if (asked(input) is { } shape)
            {
                Bind(lengths, input, shape);
            }
        }

        return [.. inputs.Select(input => asked(input) ?? Complete(lengths, input))];
    }

    private static void Bind(Dictionary<string, (int Length, string Input)> lengths, GraphInput input, Shape shape)
    {
        foreach (NamedDimension dimension in input.NamedDimensions)
        {
            if (dimension.Axis >= shape.Rank)
            {
                throw new ShapeException($"The input '{input.Name}' has {input.DefaultShape.Rank} dimensions; found the shape {shape}.");
            }

            int length = shape[dimension.Axis];
            if (!lengths.TryAdd(dimension.Name, (length, input.Name)) && lengths[dimension.Name] is var first && first.Length != length)
            {
                throw new ShapeException(
                    $"The dimension '{dimension.Name}' is {first.Length} in the input '{first.Input}' and {length} in the input "
                        + $"'{input.Name}'.");
            }
        }
    }

    private static Shape Complete(Dictionary<string, (int Length, string Input)> lengths, GraphInput input)
    {
        Shape shape = input.DefaultShape;
        string[] open = [.. input.NamedDimensions.Where(IsOpen).Select(dimension => $"'{dimension.Name}'").Distinct()];
        if (open.Length > 0)
        {
            throw new ShapeException(
                $"The input '{input.Name}' of shape {Describe(input)} has no length of its own for {string.Join(", ", open)}; "
                + $"name a shape ({nameof(SessionOptions)}.{nameof(SessionOptions.InputShapes)}).");
        }

        foreach (NamedDimension dimension in input.NamedDimensions)
        {
            shape = lengths.TryGetValue(dimension.Name, out (int Length, string) bound) ? shape.With(dimension.Axis, bound.Length) : shape;
        }

        return shape;

        bool IsOpen(NamedDimension dimension) => !dimension.HasDefault && !lengths.ContainsKey(dimension.Name);
    }

    private static string Describe(GraphInput input) => string.Join('x', Enumerable.Range(0, input.DefaultShape.Rank).Select(axis =>
        input.NamedDimensions.FirstOrDefault(dimension => dimension.Axis == axis)?.Name ?? $"{input.DefaultShape[axis]}"));
}
