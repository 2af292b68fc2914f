using System.Runtime.CompilerServices;
using DwEngine.Kernels.Elementwise;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Planewise;

/// <summary>How whole numbers stand for floats: (whole number - zero point) * scale.</summary>
/// <param name="Planes">Planes, which may lie anywhere and follow in the order of the elements.</param>
/// <param name="PlaneLength">Elements of a plane.</param>
/// <param name="Run">Neighbouring elements of one scale.</param>
/// <param name="Scales">The scales of runs; they begin anew after the last.</param>
/// <param name="ZeroPoints">The zero point of each scale.</param>
/// <param name="Type">The type of the whole numbers.</param>
internal sealed record Quantization(int Planes, int PlaneLength, int Run, float[] Scales, int[] ZeroPoints, ElementType Type)
{
    /// <summary>The scale's number for an element of a plane, and how many elements from there on have it.</summary>
    public (int Channel, int Count) At(int plane, int element)
    {
        long place = ((long)plane * PlaneLength) + element;
        return ((int)(place / Run % Scales.Length), (int)Math.Min(Run - (place % Run), PlaneLength - element));
    }

    /// <summary>A float as a whole number: rounded to the nearest, the even one of two, and moved to the limits of the type.</summary>
    public long Quantize(float value, int channel)
    {
        (double low, double high) = Type switch
        {
            ElementType.UInt8 => (byte.MinValue, byte.MaxValue),
            ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            ElementType.Int16 => (short.MinValue, short.MaxValue),
            _ => ((double)int.MinValue, int.MaxValue),
        };
        double whole = Math.Round((double)(value / Scales[channel])) + ZeroPoints[channel];
        return double.IsNaN(whole) ? ZeroPoints[channel] : (long)Math.Clamp(whole, low, high);
    }

    /// <summary>The float that a whole number stands for.</summary>
    public float Dequantize(long value, int channel) => (float)(value - ZeroPoints[channel]) * Scales[channel];
}

/// <summary>Whole numbers of floats.</summary>
internal sealed record QuantizeProblem(Quantization Quantization);

/// <summary>Floats of whole numbers.</summary>
internal sealed record DequantizeProblem(Quantization Quantization);

/// <summary>What both directions share: runs of one scale, in blocks.</summary>
internal abstract unsafe class QuantizationKernel(Quantization quantization) : BoundKernel
{
    /// <summary>The most elements that are converted together.</summary>
    protected const int Together = 128;

    private readonly PlaneBlocks _blocks = new(quantization.Planes, quantization.PlaneLength);

    public override bool ReadsExactly => true;

    public override int TaskCount => _blocks.Count;

    protected Quantization Quantization { get; } = quantization;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Run(in KernelArguments arguments, int first, int end)
    {
        for (int block = first; block < end; block++)
        {
            (int plane, int start, int count) = _blocks[block];
            for (int at = start; at < start + count;)
            {
                (int channel, int length) = Quantization.At(plane, at);
                length = Math.Min(Math.Min(length, Together), start + count - at);
                Convert(arguments.InputBytes[plane], arguments.OutputBytes[plane], at, length, channel);
                at += length;
            }
        }
    }

    /// <summary>Converts neighbours of one scale.</summary>
    protected abstract void Convert(byte* input, byte* output, int start, int count, int channel);
}

/// <summary>Makes whole numbers.</summary>
internal sealed unsafe class QuantizeKernel(QuantizeProblem problem) : QuantizationKernel(problem.Quantization)
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    protected override void Convert(byte* input, byte* output, int start, int count, int channel)
    {
        long* whole = stackalloc long[Together];
        for (int i = 0; i < count; i++)
        {
            whole[i] = Quantization.Quantize(((float*)input)[start + i], channel);
        }

        ElementConversion.WriteIntegers(Quantization.Type, whole, output + ((nint)start * Quantization.Type.Size()), count);
    }
}

/// <summary>Makes floats.</summary>
internal sealed unsafe class DequantizeKernel(DequantizeProblem problem) : QuantizationKernel(problem.Quantization)
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    protected override void Convert(byte* input, byte* output, int start, int count, int channel)
    {
        long* whole = stackalloc long[Together];
        ElementConversion.ReadIntegers(Quantization.Type, input + ((nint)start * Quantization.Type.Size()), whole, count);
        for (int i = 0; i < count; i++)
        {
            ((float*)output)[start + i] = Quantization.Dequantize(whole[i], channel);
        }
    }
}
