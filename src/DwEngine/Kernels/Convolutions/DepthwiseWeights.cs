using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>Depthwise weights as the kernels read them: for each output channel its taps, then its bias.</summary>
internal static class DepthwiseWeights
{
    /// <summary>Floats from one channel to the next.</summary>
    public static int Pitch(int taps) => taps + 1;

    /// <summary>Packs the weights, or finds them packed.</summary>
    public static AlignedBuffer Pack(ConvolutionProblem problem, PackedWeights weights) => weights.Get(problem.Owner, "depthwise", () =>
    {
        int taps = problem.Geometry.Window.Taps;
        int pitch = Pitch(taps);
        int channels = problem.Geometry.OutputChannels;
        var buffer = new AlignedBuffer((long)channels * pitch * sizeof(float));
        Span<float> target = buffer.AsSpan();
        for (int channel = 0; channel < channels; channel++)
        {
            problem.Weights.Floats.Slice(channel * taps, taps).CopyTo(target[(channel * pitch)..]);
            target[(channel * pitch) + taps] = problem.Bias is null ? 0 : problem.Bias.Floats[channel];
        }

        return buffer;
    });
}
