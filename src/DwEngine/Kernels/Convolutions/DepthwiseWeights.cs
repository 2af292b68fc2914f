using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>Depthwise weights as the kernels read them: for each output channel its taps, then its bias.</summary>
internal static unsafe class DepthwiseWeights
{
    /// <summary>Floats from one channel to the next.</summary>
    public static nint Pitch(int taps) => (nint)taps + 1;

    /// <summary>Packs the weights, or finds them packed.</summary>
    public static AlignedBuffer Pack(ConvolutionProblem problem, PackedWeights weights) => weights.Get(problem.Owner, "depthwise", () =>
    {
        int taps = problem.Geometry.Window.Taps;
        nint pitch = Pitch(taps);
        int channels = problem.Geometry.OutputChannels;
        var buffer = new AlignedBuffer(channels * pitch * sizeof(float));
        float* target = buffer.Floats;
        for (int channel = 0; channel < channels; channel++, target += pitch)
        {
            problem.Weights.Floats.Slice(channel * taps, taps).CopyTo(new Span<float>(target, taps));
            target[taps] = problem.Bias is null ? 0 : problem.Bias.Floats[channel];
        }

        return buffer;
    });
}
