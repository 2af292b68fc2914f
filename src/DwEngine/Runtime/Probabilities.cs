using DwEngine.Kernels.Dense;
using DwEngine.Simd;

namespace DwEngine.Runtime;

/// <summary>What a classifier's logits say of its classes.</summary>
public static unsafe class Probabilities
{
    /// <summary>
    /// The softmax of logits, with the kernels of this CPU and so the same bits as a <see cref="Graphs.Layers.Softmax"/>. Allocates
    /// nothing.
    /// </summary>
    /// <param name="logits">One number for each class.</param>
    /// <param name="probabilities">Where the result goes: as many numbers; it may be <paramref name="logits"/> itself.</param>
    /// <exception cref="ShapeException">The lengths differ.</exception>
    /// <exception cref="ArgumentException">The two overlap without being the same.</exception>
    public static void FromLogits(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        if (logits.Length != probabilities.Length)
        {
            throw new ShapeException(
                $"{Words.Count(logits.Length, "logit")}, but room for {probabilities.Length} probabilities; equal lengths were expected.");
        }

        if (logits.Overlaps(probabilities, out int offset) && offset != 0)
        {
            throw new ArgumentException("The probabilities overlap the logits without being in their place.", nameof(probabilities));
        }

        fixed (float* input = logits, output = probabilities)
        {
            switch (Isas.Best)
            {
                case Isa.Avx512:
                    SoftmaxRow<Avx512Vector>.Run(input, output, logits.Length);
                    break;
                case Isa.Avx2:
                    SoftmaxRow<Avx2Vector>.Run(input, output, logits.Length);
                    break;
                case Isa.Neon:
                    SoftmaxRow<NeonVector>.Run(input, output, logits.Length);
                    break;
                default:
                    SoftmaxRow<PortableVector>.Run(input, output, logits.Length);
                    break;
            }
        }
    }
}
