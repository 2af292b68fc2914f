using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Layout;

/// <summary>
/// The strided copy: transposes, slices with steps, repetitions, gathered indices and padding, of elements of any size. Where neighbours
/// stay neighbours, whole runs are copied.
/// </summary>
internal sealed unsafe class RearrangeKernel<TVector> : KernelRow<RearrangeProblem>
    where TVector : struct, IVector<TVector>
{
    public override string Name => "rearrange";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(RearrangeProblem problem) => true;

    protected override BoundKernel Create(RearrangeProblem problem, PackedWeights weights) => new Bound(problem);

    private sealed class Bound : BoundKernel
    {
        private readonly RearrangeProblem _problem;
        private readonly int _planes;
        private readonly ImmutableArray<AxisWalk> _inner;
        private readonly AxisWalk _last;
        private readonly int _rows;
        private readonly bool _isRun;

        public Bound(RearrangeProblem problem)
        {
            _problem = problem;
            _planes = problem.Planes;
            // A plane of one element has no axis; one of length 1 stands for it.
            AxisWalk single = new([0], [0]);
            _inner = problem.Inner.IsEmpty ? [] : problem.Inner[..^1];
            _last = problem.Inner.IsEmpty ? single : problem.Inner[^1];
            _rows = problem.PlaneLength / Math.Max(_last.Length, 1);
            _isRun = IsRun(_last, problem.ElementSize);
        }

        public override bool ReadsExactly => true;

        public override int TaskCount => _planes;

        // A task is one output plane.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            for (int plane = first; plane < end; plane++)
            {
                Place start = PlaceOf(_problem.Outer, plane, new Place(0, 0, false));
                byte* output = arguments.OutputBytes[plane];
                for (int row = 0; row < _rows; row++, output += (nint)_last.Length * _problem.ElementSize)
                {
                    CopyRow(arguments.InputBytes, PlaceOf(_inner, row, start), output);
                }
            }
        }

        // Adds the steps of the indices of a number that counts through some axes, the last one fastest.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static Place PlaceOf(ImmutableArray<AxisWalk> axes, int number, Place place)
        {
            for (int i = axes.Length - 1; i >= 0; i--)
            {
                AxisWalk axis = axes[i];
                int index = number % axis.Length;
                number /= axis.Length;
                place = new Place(
                    place.Plane + axis.Planes[index], place.Byte + axis.Bytes[index], place.IsFill || axis.Planes[index] == AxisWalk.Fill);
            }

            return place;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void CopyRow(byte** inputs, Place start, byte* output)
        {
            int size = _problem.ElementSize, length = _last.Length;
            if (start.IsFill)
            {
                for (int i = 0; i < length; i++)
                {
                    WriteFill(output + ((nint)i * size));
                }
            }
            else if (_isRun)
            {
                long bytes = (long)length * size;
                Buffer.MemoryCopy(inputs[start.Plane + _last.Planes[0]] + start.Byte + _last.Bytes[0], output, bytes, bytes);
            }
            else
            {
                switch (size)
                {
                    case 1: CopyElements<byte>(inputs, start, output); break;
                    case 2: CopyElements<ushort>(inputs, start, (ushort*)output); break;
                    case 4: CopyElements<uint>(inputs, start, (uint*)output); break;
                    default: CopyElements<ulong>(inputs, start, (ulong*)output); break;
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void CopyElements<T>(byte** inputs, Place start, T* output) where T : unmanaged
        {
            ReadOnlySpan<int> planes = _last.Planes.AsSpan();
            ReadOnlySpan<long> bytes = _last.Bytes.AsSpan();
            for (int i = 0; i < planes.Length; i++)
            {
                if (planes[i] == AxisWalk.Fill)
                {
                    WriteFill((byte*)(output + i));
                }
                else
                {
                    output[i] = *(T*)(inputs[start.Plane + planes[i]] + start.Byte + bytes[i]);
                }
            }
        }

        // The fill value's lowest bytes come first in memory.
        private void WriteFill(byte* output)
        {
            for (int i = 0; i < _problem.ElementSize; i++)
            {
                output[i] = (byte)(_problem.FillValue >> (8 * i));
            }
        }

        // Whether the elements of an axis are neighbours in one plane, in order.
        private static bool IsRun(AxisWalk axis, int elementSize)
        {
            for (int i = 0; i < axis.Length; i++)
            {
                if (axis.Planes[i] == AxisWalk.Fill || axis.Planes[i] != axis.Planes[0]
                    || axis.Bytes[i] != axis.Bytes[0] + ((long)i * elementSize))
                {
                    return false;
                }
            }

            return true;
        }

        private readonly record struct Place(int Plane, long Byte, bool IsFill);
    }
}
