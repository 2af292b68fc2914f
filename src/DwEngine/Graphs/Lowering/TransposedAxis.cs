using System.Collections.Immutable;

namespace DwEngine.Graphs.Lowering;

/// <summary>
/// One axis of a transposed convolution as ordinary convolutions of stride 1. Outputs that lie a stride apart see the same taps; those of
/// one remainder are a phase.
/// </summary>
internal sealed class TransposedAxis
{
    private TransposedAxis(ImmutableArray<Phase> phases, int rows, int stride)
    {
        Phases = phases;
        Rows = rows;
        Stride = stride;
    }

    /// <summary>The phases that have outputs: phase f has those at f, f + stride, f + 2 stride and so on.</summary>
    public ImmutableArray<Phase> Phases { get; }

    /// <summary>Results of the convolution of each phase; all phases have as many.</summary>
    public int Rows { get; }

    /// <summary>Outputs between neighbouring ones of a phase.</summary>
    public int Stride { get; }

    /// <summary>Parts an axis.</summary>
    /// <param name="length">Elements of the input.</param>
    /// <param name="outputs">Elements of the output.</param>
    /// <param name="kernel">Taps.</param>
    /// <param name="stride">Outputs between what neighbouring inputs see.</param>
    /// <param name="dilation">Outputs between neighbouring taps.</param>
    /// <param name="padding">Outputs that are cut off before the first.</param>
    public static TransposedAxis Part(int length, int outputs, int kernel, int stride, int dilation, int padding)
    {
        var phases = ImmutableArray.CreateBuilder<Phase>();
        int step = dilation / Divisor(stride, dilation), rows = 0;
        for (int phase = 0; phase < Math.Min(stride, outputs); phase++)
        {
            // The first output of the phase sees the input at (phase + padding - tap * dilation) / stride, the next one the next input.
            ImmutableArray<int> taps =
            [
                .. Enumerable.Range(0, kernel).Reverse().Where(tap => (phase + (long)padding - ((long)tap * dilation)) % stride == 0),
            ];
            int needed = ((outputs - phase - 1) / stride) + 1;
            if (taps.IsEmpty)
            {
                phases.Add(new Phase(taps, 1, 0, 0));
                rows = Math.Max(rows, needed);
                continue;
            }

            int first = checked((int)((phase + (long)padding - ((long)taps[0] * dilation)) / stride));
            var made = new Phase(taps, step, Math.Max(0, -first), Math.Max(0, first));
            phases.Add(made);
            rows = Math.Max(rows, Math.Max(checked(needed + made.Shift), checked(length + made.Before - made.Span + 1)));
        }

        return new TransposedAxis(phases.ToImmutable(), rows, stride);
    }

    /// <summary>Padding behind the input with which the convolution of a phase has <see cref="Rows"/> results.</summary>
    public int After(Phase phase, int length) => checked(Rows - 1 + phase.Span - length - phase.Before);

    private static int Divisor(int a, int b) => b == 0 ? a : Divisor(b, a % b);

    /// <summary>The outputs that see the same taps.</summary>
    /// <param name="Taps">The kernel's taps, in the order in which the convolution has them; none if the outputs see no input.</param>
    /// <param name="Dilation">Inputs between neighbouring taps.</param>
    /// <param name="Before">Padding before the input.</param>
    /// <param name="Shift">Results of the convolution before the first that is wanted.</param>
    internal readonly record struct Phase(ImmutableArray<int> Taps, int Dilation, int Before, int Shift)
    {
        /// <summary>Inputs that the taps span.</summary>
        public int Span => checked(((Math.Max(Taps.Length, 1) - 1) * Dilation) + 1);
    }
}
