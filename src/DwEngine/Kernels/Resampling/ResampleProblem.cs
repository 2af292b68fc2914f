namespace DwEngine.Kernels.Resampling;

/// <summary>How the elements along an axis are made of others: each is a weighted sum of some.</summary>
/// <param name="Length">Elements of the input.</param>
/// <param name="Taps">Summands of each element.</param>
/// <param name="Indices">For each element of the output the places of its summands.</param>
/// <param name="Weights">For each element of the output the factors of its summands.</param>
/// <param name="IsOutside">For each element of the output whether it lies outside, so that it has a fixed value.</param>
internal sealed record ResampledAxis(int Length, int Taps, int[] Indices, float[] Weights, bool[] IsOutside)
{
    /// <summary>Elements of the output.</summary>
    public int Outputs => IsOutside.Length;

    /// <summary>Whether each element is the one at its own place.</summary>
    public bool IsIdentity { get; } = Taps == 1 && IsOutside.Length == Length && !IsOutside.Contains(true)
        && Array.TrueForAll(Weights, weight => weight == 1) && Indices.AsSpan().SequenceEqual(Enumerable.Range(0, Length).ToArray());

    /// <summary>An axis that stays as it is.</summary>
    public static ResampledAxis Identity(int length) => new(
        length, 1, [.. Enumerable.Range(0, length)], [.. Enumerable.Repeat(1f, length)], new bool[length]);
}

/// <summary>Planes made larger or smaller: first each row, then each column.</summary>
/// <param name="Planes">Images x channels.</param>
/// <param name="Rows">How rows of the output are made of rows.</param>
/// <param name="Columns">How columns of the output are made of columns.</param>
/// <param name="Outside">The value of what lies outside.</param>
internal sealed record ResampleProblem(int Planes, ResampledAxis Rows, ResampledAxis Columns, float Outside);
