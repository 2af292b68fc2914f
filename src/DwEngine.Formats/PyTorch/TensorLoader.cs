using System.Runtime.InteropServices;
using DwEngine.Files;
using DwEngine.Tensors;

namespace DwEngine.Formats.PyTorch;

/// <summary>Turns strided views of storages into dense tensors. Every size, stride and offset is checked before memory is taken.</summary>
/// <param name="file">The file, for messages.</param>
/// <param name="storages">Where the bytes lie.</param>
/// <param name="budget">What the file may take in all.</param>
internal sealed class TensorLoader(SourceFile file, IStorageSource storages, MemoryBudget budget)
{
    private readonly Dictionary<string, byte[]> _read = new(StringComparer.Ordinal);

    /// <summary>Loads one tensor; tensors that are the whole of one storage share its bytes.</summary>
    public Tensor Load(string name, TorchTensor view)
    {
        string location = $"tensor {Quoting.Quoted(name)}";
        if (view.DataType is not { } type)
        {
            throw file.Error(location, $"elements of type {view.DataTypeName} cannot be read");
        }

        int size = type.Size();
        TorchStorage storage = view.Storage;
        long available = storage.ViewCount * storage.ElementSize / size;
        (Shape shape, bool isDense) = Check(view, available, location);
        if (shape.ElementCount == 0)
        {
            return Tensor.FromBytes(type, shape, []);
        }

        // A product beyond 64 bits cannot pass the budget, which is asked before anything is allocated.
        Int128 wanted = (Int128)shape.ElementCount * size;
        long bytes = wanted > long.MaxValue ? long.MaxValue : (long)wanted;
        long start = (storage.ViewStart * storage.ElementSize) + (view.Offset * size);
        bool isWholeStorage = isDense && start == 0 && bytes == storage.ElementCount * storage.ElementSize;
        if (!isWholeStorage)
        {
            budget.Take(bytes, location);
        }

        byte[] source = Storage(storage, location);
        if (isWholeStorage)
        {
            return Tensor.FromBytes(type, shape, source);
        }

        byte[] dense = GC.AllocateUninitializedArray<byte>((int)bytes);
        ReadOnlySpan<byte> visible = source.AsSpan((int)start);
        if (isDense)
        {
            visible[..dense.Length].CopyTo(dense);
        }
        else
        {
            Gather(visible, dense, view, size);
        }

        return Tensor.FromBytes(type, shape, dense);
    }

    private (Shape Shape, bool IsDense) Check(TorchTensor view, long available, string location)
    {
        Span<int> dimensions = stackalloc int[view.Sizes.Length];
        Int128 last = view.Offset;
        Int128 denseStride = 1;
        bool isEmpty = false;
        bool isDense = true;
        for (int axis = dimensions.Length - 1; axis >= 0; axis--)
        {
            long length = view.Sizes[axis];
            if (length > int.MaxValue)
            {
                throw file.Error(location, $"a dimension of {length}; at most {int.MaxValue} can be read");
            }

            dimensions[axis] = (int)length;
            isEmpty |= length == 0;
            if (length > 1)
            {
                isDense &= view.Strides[axis] == denseStride;
                last += (Int128)(length - 1) * view.Strides[axis];
            }

            // Eight dimensions of 31 bits each exceed 128 bits only where the shape below is refused anyway.
            denseStride = Int128.Min(denseStride * length, long.MaxValue);
        }

        Shape shape;
        try
        {
            shape = new Shape(dimensions);
        }
        catch (ShapeException error)
        {
            throw file.Error(location, error.Message, error);
        }

        if (!isEmpty && last >= available)
        {
            throw file.Error(
                location,
                $"shape ({Quoting.Few(view.Sizes)}) with strides ({Quoting.Few(view.Strides)}) from element {view.Offset} "
                + $"reaches element {last}; its storage has {available}");
        }

        return (shape, isDense);
    }

    private byte[] Storage(TorchStorage storage, string location)
    {
        if (!_read.TryGetValue(storage.Key, out byte[]? bytes))
        {
            bytes = storages.Read(storage, location);
            _read.Add(storage.Key, bytes);
        }

        // Two references to one key may claim different lengths.
        if (bytes.Length != storage.ElementCount * storage.ElementSize)
        {
            throw file.Error(
                location,
                $"storage {Quoting.Quoted(storage.Key)} has {Words.Count(bytes.Length, "byte")}; "
                + $"expected {Words.Count(storage.ElementCount, "element")} of {Words.Count(storage.ElementSize, "byte")}");
        }

        return bytes;
    }

    private static void Gather(ReadOnlySpan<byte> source, Span<byte> destination, TorchTensor view, int elementSize)
    {
        switch (elementSize)
        {
            case 1:
                Gather<byte>(source, destination, view);
                break;
            case 2:
                Gather<ushort>(source, destination, view);
                break;
            case 4:
                Gather<uint>(source, destination, view);
                break;
            default:
                Gather<ulong>(source, destination, view);
                break;
        }
    }

    private static void Gather<T>(ReadOnlySpan<byte> sourceBytes, Span<byte> destinationBytes, TorchTensor view) where T : unmanaged
    {
        ReadOnlySpan<T> source = MemoryMarshal.Cast<byte, T>(sourceBytes);
        Span<T> destination = MemoryMarshal.Cast<byte, T>(destinationBytes);
        int innermost = view.Sizes.Length - 1;
        int rowLength = (int)view.Sizes[innermost];
        // A dimension of 1 may carry any stride; it is never stepped along.
        long rowStride = rowLength > 1 ? view.Strides[innermost] : 0;
        Span<long> index = stackalloc long[innermost];
        index.Clear();
        long rowStart = 0;
        while (true)
        {
            long from = rowStart;
            foreach (ref T element in destination[..rowLength])
            {
                element = source[(int)from];
                from += rowStride;
            }

            destination = destination[rowLength..];
            int axis = innermost - 1;
            while (axis >= 0 && ++index[axis] == view.Sizes[axis])
            {
                rowStart -= (view.Sizes[axis] - 1) * view.Strides[axis];
                index[axis] = 0;
                axis--;
            }

            if (axis < 0)
            {
                return;
            }

            rowStart += view.Strides[axis];
        }
    }
}
