using System.Collections.Immutable;

namespace DwEngine.Graphs;

/// <summary>Sums of products as Einstein's convention writes them, made up of sums, transposes and products of matrices.</summary>
public static class EinsumMethods
{
    // Labels that an equation cannot contain stand for the axes of an ellipsis, counted from the last.
    private const char FirstOfEllipsis = '\u0100';

    /// <summary>
    /// Appends the layers that compute an equation such as <c>bij,bjk-&gt;bik</c>: axes whose label the result lacks are summed over. An
    /// ellipsis stands for axes that broadcast. Without an arrow the result has the labels that occur once, in the order of the alphabet.
    /// </summary>
    /// <param name="builder">The graph.</param>
    /// <param name="equation">The equation. A label may occur once in an operand: diagonals are not taken.</param>
    /// <param name="operands">What it is of, Float32.</param>
    /// <param name="name">The name of the last node; generated if null.</param>
    /// <exception cref="GraphException">
    /// The equation is malformed, takes a diagonal, or is of another number of operands or axes.
    /// </exception>
    /// <exception cref="ShapeException">Axes of one label differ in length.</exception>
    public static ValueHandle Einsum(this GraphBuilder builder, string equation, ReadOnlySpan<ValueHandle> operands, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(equation);
        (string[] inputs, string output) = Parse(equation, operands);
        RequireEqualLengths(equation, inputs, operands);
        Term result = new(operands[0], inputs[0]);
        for (int i = 1; i < inputs.Length; i++)
        {
            string kept = output + string.Concat(inputs[(i + 1)..]);
            result = Multiply(result, new Term(operands[i], inputs[i]), kept);
        }

        result = SumOver(result, label => !output.Contains(label));
        ImmutableArray<int> order = [.. output.Select(label => result.Labels.IndexOf(label))];
        return result.Value.Transpose(order, name);
    }

    private readonly record struct Term(ValueHandle Value, string Labels);

    // Sums over what no other term has, then multiplies matrices: the labels of both that are kept count them, those that are not are
    // summed.
    private static Term Multiply(Term left, Term right, string kept)
    {
        left = SumOver(left, label => !right.Labels.Contains(label) && !kept.Contains(label));
        right = SumOver(right, label => !left.Labels.Contains(label) && !kept.Contains(label));
        string shared = string.Concat(left.Labels.Where(label => right.Labels.Contains(label)));
        string batch = string.Concat(shared.Where(label => kept.Contains(label))), summed = string.Concat(shared.Except(batch));
        string rows = string.Concat(left.Labels.Except(shared)), columns = string.Concat(right.Labels.Except(shared));
        ValueHandle product = Matrix(left, batch, rows, summed).MatMul(Matrix(right, batch, summed, columns));
        string labels = batch + rows + columns;
        if (rows.Length != 1 || columns.Length != 1)
        {
            // One dimension is left open for sizes that are bound later.
            ImmutableArray<int> dimensions = [.. batch.Select(_ => 0), .. LengthsOf(left, rows), .. LengthsOf(right, columns)];
            product = product.Reshape(dimensions.Length > batch.Length ? dimensions.SetItem(batch.Length, -1) : dimensions);
        }

        return new Term(product, labels);
    }

    // The axes of three groups of labels, of which the last two are one axis each.
    private static ValueHandle Matrix(Term term, string batch, string rows, string columns)
    {
        ImmutableArray<int> order = [.. (batch + rows + columns).Select(label => term.Labels.IndexOf(label))];
        ValueHandle value = term.Value.Transpose(order);
        if (rows.Length == 1 && columns.Length == 1)
        {
            return value;
        }

        int height = LengthsOf(term, rows).Aggregate(1, (a, b) => checked(a * b));
        int width = LengthsOf(term, columns).Aggregate(1, (a, b) => checked(a * b));
        return value.Reshape([.. batch.Select(_ => 0), rows.Length > 0 ? -1 : height, rows.Length > 0 || columns.Length == 0 ? width : -1]);
    }

    private static IEnumerable<int> LengthsOf(Term term, string labels) =>
        labels.Select(label => term.Value.Shape[term.Labels.IndexOf(label)]);

    private static Term SumOver(Term term, Func<char, bool> isSummed)
    {
        ImmutableArray<int> axes = [.. Enumerable.Range(0, term.Labels.Length).Where(axis => isSummed(term.Labels[axis]))];
        return axes.IsEmpty
            ? term
            : new Term(term.Value.Reduce("Sum", axes, keepsAxes: false), string.Concat(term.Labels.Where(label => !isSummed(label))));
    }

    private static (string[] Inputs, string Output) Parse(string equation, ReadOnlySpan<ValueHandle> operands)
    {
        string[] sides = equation.Replace(" ", "", StringComparison.Ordinal).Split("->");
        string[] inputs = sides[0].Split(',');
        if (sides.Length > 2 || inputs.Length != operands.Length)
        {
            throw Malformed(equation, $"expected an equation of {operands.Length} operands");
        }

        int mostAxes = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            int rank = operands[i].Shape.Rank, axes = rank - inputs[i].Replace("...", "", StringComparison.Ordinal).Length;
            if (axes < 0 || (axes > 0 && !inputs[i].Contains("...", StringComparison.Ordinal)))
            {
                throw Malformed(equation, $"expected as many labels for operand {i} as it has axes, {rank}");
            }

            inputs[i] = Expand(equation, inputs[i], axes);
            mostAxes = Math.Max(mostAxes, axes);
        }

        string all = string.Concat(inputs);
        string output = sides.Length == 2
            ? Expand(equation, sides[1], mostAxes)
            : Ellipsis(mostAxes)
                + string.Concat(all.Where(label => label < FirstOfEllipsis && all.Count(other => other == label) == 1).Order());
        return output.All(all.Contains) ? (inputs, output) : throw Malformed(equation, "expected a result whose labels the operands have");
    }

    // A term with labels for its ellipsis.
    private static string Expand(string equation, string term, int axes)
    {
        int at = term.IndexOf("...", StringComparison.Ordinal);
        string labels = at < 0 ? term : term[..at] + Ellipsis(axes) + term[(at + 3)..];
        return labels.All(label => char.IsAsciiLetter(label) || label >= FirstOfEllipsis) && labels.Distinct().Count() == labels.Length
            ? labels
            : throw Malformed(equation, "expected letters, each once in a term");
    }

    private static string Ellipsis(int axes) => string.Concat(Enumerable.Range(0, axes).Reverse().Select(i => (char)(FirstOfEllipsis + i)));

    private static void RequireEqualLengths(string equation, string[] inputs, ReadOnlySpan<ValueHandle> operands)
    {
        var lengths = new Dictionary<char, int>();
        for (int i = 0; i < inputs.Length; i++)
        {
            for (int axis = 0; axis < inputs[i].Length; axis++)
            {
                (char label, int length) = (inputs[i][axis], operands[i].Shape[axis]);
                bool broadcasts = label >= FirstOfEllipsis && (length == 1 || lengths.GetValueOrDefault(label, 1) == 1);
                if (!broadcasts && lengths.GetValueOrDefault(label, length) != length)
                {
                    throw new ShapeException(
                        $"Einsum '{equation}': expected equal lengths for one label, found {lengths[label]} and {length} (operand {i}).");
                }

                lengths[label] = Math.Max(length, lengths.GetValueOrDefault(label));
            }
        }
    }

    private static GraphException Malformed(string equation, string expected) => new($"Einsum '{equation}': {expected}.");
}
