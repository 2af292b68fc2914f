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
        // Rows that are copied together: their columns are then runs of about a cache line.
        private const int MostNeighbours = 16;

        private readonly RearrangeProblem _problem;
        private readonly int _planes;
        private readonly AxisWalk _last;

        // The rows of an output plane, as they lie from the plane's own place.
        private readonly RowGroup[] _rows;
        private readonly bool _isRun;

        // For elements that all come from one plane and are no run: where they lie in it, in elements.
        private readonly nint[]? _offsets;

        // Whether each element comes from a plane of its own, at the same place: neighbouring rows are then copied together.
        private readonly bool _isAcross;
        private readonly bool _isDoubled;

        public Bound(RearrangeProblem problem)
        {
            _problem = problem;
            _planes = problem.Planes;
            // A plane of one element has no axis; one of length 1 stands for it.
            AxisWalk single = new([0], [0]);
            _last = problem.Inner.IsEmpty ? single : problem.Inner[^1];
            _isRun = IsRun(_last, problem.ElementSize);
            bool hasFill = _last.Planes.Contains(AxisWalk.Fill);
            _offsets = _isRun || hasFill || _last.Planes.Distinct().Count() != 1
                ? null
                : [.. _last.Bytes.Select(bytes => (nint)(bytes / problem.ElementSize))];
            _isAcross = _offsets is null && !_isRun && !hasFill && _last.Bytes.All(bytes => bytes == _last.Bytes[0]);
            _isDoubled = _offsets is not null && problem.ElementSize == sizeof(float)
                && _offsets.Index().All(pair => pair.Item == _offsets[0] + (pair.Index / 2));
            ImmutableArray<AxisWalk> inner = problem.Inner.IsEmpty ? [] : problem.Inner[..^1];
            int rows = problem.PlaneLength / Math.Max(_last.Length, 1);
            _rows = [.. Group([.. Enumerable.Range(0, rows).Select(row => PlaceOf(inner, row, default))])];
        }

        public override bool ReadsExactly => true;

        public override int TaskCount => _planes;

        // A task is one output plane.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            nint rowBytes = (nint)_last.Length * _problem.ElementSize;
            for (int plane = first; plane < end; plane++)
            {
                Place start = PlaceOf(_problem.Outer, plane, new Place(0, 0, false));
                byte* output = arguments.OutputBytes[plane];
                foreach (RowGroup group in _rows)
                {
                    var place = new Place(
                        start.Plane + group.Place.Plane, start.Byte + group.Place.Byte, start.IsFill || group.Place.IsFill);
                    if (group.Neighbours > 1 && !place.IsFill)
                    {
                        CopyAcross(arguments.InputBytes, place, group.Neighbours, output);
                        output += group.Neighbours * rowBytes;
                        continue;
                    }

                    byte* row = output;
                    for (int i = 0; i < group.Neighbours; i++, output += rowBytes)
                    {
                        CopyRow(arguments.InputBytes, place with { Byte = place.Byte + ((long)i * _problem.ElementSize) }, output);
                    }

                    for (int i = 1; i < group.Repeats; i++, output += rowBytes)
                    {
                        Buffer.MemoryCopy(row, output, rowBytes, rowBytes);
                    }
                }
            }
        }

        // Adds the steps of the indices of a number that counts through some axes, the last one fastest.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
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

        // Rows that come from the same elements; or, where each element has a plane of its own, rows whose elements follow one another.
        private IEnumerable<RowGroup> Group(Place[] rows)
        {
            for (int row = 0; row < rows.Length;)
            {
                Place place = rows[row];
                int repeats = 1, neighbours = 1;
                while (row + repeats < rows.Length && rows[row + repeats] == place)
                {
                    repeats++;
                }

                while (_isAcross && repeats == 1 && neighbours < MostNeighbours && row + neighbours < rows.Length
                    && rows[row + neighbours] == place with { Byte = place.Byte + ((long)neighbours * _problem.ElementSize) })
                {
                    neighbours++;
                }

                yield return new RowGroup(place, repeats, neighbours);
                row += Math.Max(repeats, neighbours);
            }
        }

        private void CopyAcross(byte** inputs, Place start, int rows, byte* output)
        {
            switch (_problem.ElementSize)
            {
                case 1: CopyAcross<byte>(inputs, start, rows, output); break;
                case 2: CopyAcross<ushort>(inputs, start, rows, (ushort*)output); break;
                case 4: CopyAcross<uint>(inputs, start, rows, (uint*)output); break;
                default: CopyAcross<ulong>(inputs, start, rows, (ulong*)output); break;
            }
        }

        // Each column of some rows is a run in a plane of its own.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void CopyAcross<T>(byte** inputs, Place start, int rows, T* output) where T : unmanaged
        {
            ReadOnlySpan<int> planes = _last.Planes.AsSpan();
            long from = start.Byte + _last.Bytes[0];
            for (int i = 0; i < planes.Length; i++)
            {
                T* source = (T*)(inputs[start.Plane + planes[i]] + from), target = output + i;
                for (int row = 0; row < rows; row++, target += planes.Length)
                {
                    *target = source[row];
                }
            }
        }

        // Every element of a run twice.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private static void CopyDoubled(float* source, float* output, int length)
        {
            int lanes = TVector.Lanes, i = 0;
            for (; i <= length - (2 * lanes); i += 2 * lanes)
            {
                TVector run = TVector.Load(source + (i / 2));
                TVector.Store(output + i, TVector.InterleaveLower(run, run));
                TVector.Store(output + i + lanes, TVector.InterleaveUpper(run, run));
            }

            int rest = length - i;
            if (rest > 0)
            {
                TVector run = TVector.LoadPartial(source + (i / 2), (rest + 1) / 2);
                TVector.StorePartial(output + i, TVector.InterleaveLower(run, run), Math.Min(rest, lanes));
                if (rest > lanes)
                {
                    TVector.StorePartial(output + i + lanes, TVector.InterleaveUpper(run, run), rest - lanes);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private static void CopyFrom<T>(T* source, nint[] offsets, T* output) where T : unmanaged
        {
            for (int i = 0; i < offsets.Length; i++)
            {
                output[i] = source[offsets[i]];
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
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
            else if (_offsets is not null)
            {
                byte* source = inputs[start.Plane + _last.Planes[0]] + start.Byte;
                switch (size)
                {
                    case 1: CopyFrom(source, _offsets, output); break;
                    case 2: CopyFrom((ushort*)source, _offsets, (ushort*)output); break;
                    case 4 when _isDoubled: CopyDoubled((float*)source + _offsets[0], (float*)output, length); break;
                    case 4: CopyFrom((uint*)source, _offsets, (uint*)output); break;
                    default: CopyFrom((ulong*)source, _offsets, (ulong*)output); break;
                }
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

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
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

        // Repeats or neighbours is 1.
        private readonly record struct RowGroup(Place Place, int Repeats, int Neighbours);
    }
}
