using DwEngine.Formats.Pickle;
using DwEngine.Tensors;

namespace DwEngine.Formats.PyTorch;

/// <summary>A storage that a pickle refers to; its bytes lie outside the pickle. Numbers are the pickle's claims, not yet compared with the file.</summary>
/// <param name="TypeName">The storage's type as the pickle names it.</param>
/// <param name="ElementSize">The size of one element in bytes.</param>
/// <param name="Type">The elements' type; null where the engine has none for it.</param>
/// <param name="Key">Under which the file holds the bytes.</param>
/// <param name="ElementCount">The number of elements of the whole storage.</param>
/// <param name="ViewStart">The first element of the part that tensors see (the stream format knows views of storages).</param>
/// <param name="ViewCount">The number of elements of that part.</param>
internal sealed record TorchStorage(
    string TypeName, int ElementSize, ElementType? Type, string Key, long ElementCount, long ViewStart, long ViewCount)
{
    /// <summary>Reads the tuple <c>('storage', type, key, location, element count[, view])</c> that stands for a storage.</summary>
    /// <param name="id">The persistent id.</param>
    /// <param name="machine">The machine that met it.</param>
    public static TorchStorage FromPersistentId(object? id, PickleMachine machine)
    {
        if (id is not PickleTuple { Items: ["storage", StorageTypeGlobal type, string key, _, long count, .. { Length: <= 1 } rest] } || count < 0)
        {
            throw machine.Error("a persistent id that is not ('storage', type, key, location, element count)");
        }

        // ElementCount * ElementSize, at most 16, must not overflow later.
        if (count > long.MaxValue / 16)
        {
            throw machine.Error($"a storage of {count} elements");
        }

        (long viewStart, long viewCount) = rest switch
        {
            [] or [null] => (0, count),
            [PickleTuple { Items: [_, long start, long length] }] when start >= 0 && length >= 0 && start <= count && length <= count - start =>
                (start, length),
            _ => throw machine.Error($"the view of storage {key} must be (key, offset, size) within its {count} elements"),
        };

        return new TorchStorage(type.Name, type.ElementSize, type.Type, key, count, viewStart, viewCount);
    }
}

/// <summary>A tensor as a pickle describes it: a strided view of a storage. Numbers are the pickle's claims, not yet compared with each other.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="DataType">The elements' type; null where the engine has none for it.</param>
/// <param name="DataTypeName">The type's name, for messages.</param>
/// <param name="Offset">The first element, counted in elements from the storage's view.</param>
/// <param name="Sizes">The dimensions.</param>
/// <param name="Strides">The distance between neighbours along each dimension, in elements.</param>
internal sealed record TorchTensor(
    TorchStorage Storage, ElementType? DataType, string DataTypeName, long Offset, long[] Sizes, long[] Strides);
