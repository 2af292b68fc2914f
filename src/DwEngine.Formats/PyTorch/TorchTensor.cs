using DwEngine.Files;
using DwEngine.Formats.Pickle;
using DwEngine.Tensors;

namespace DwEngine.Formats.PyTorch;

/// <summary>
/// A storage that a pickle refers to; its bytes lie outside the pickle. Numbers are the pickle's claims, not yet compared with the file.
/// </summary>
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
    /// <summary>
    /// What a persistent id stands for: a storage, from the tuple <c>('storage', type, key, location, element count[, view])</c>; a class,
    /// from <c>('module', class, file, source)</c>, as the stream format writes it; else a placeholder.
    /// </summary>
    /// <param name="id">The persistent id.</param>
    /// <param name="machine">The machine that met it.</param>
    public static object FromPersistentId(object? id, PickleMachine machine)
    {
        if (id is PickleTuple { Items: ["module", PickleGlobal type, ..] })
        {
            return type;
        }

        if (id is not PickleTuple { Items: ["storage", var typeName, string key, _, long count and >= 0, .. { Length: <= 1 } rest] })
        {
            return new PickleObject("a persistent id that is not ('storage', type, key, location, element count)", machine.Position);
        }

        if (typeName is not StorageTypeGlobal storageType)
        {
            return new PickleObject($"a storage of {PickleText.Describe(typeName)}, a type that is not known", machine.Position);
        }

        // ElementCount * ElementSize, at most 16, must not overflow later.
        if (count > long.MaxValue / 16)
        {
            return new PickleObject($"a storage of {Words.Count(count, "element")}", machine.Position);
        }

        (long Start, long Count)? view = rest switch
        {
            [] or [null] => (0, count),
            [PickleTuple { Items: [_, long start and >= 0, long length and >= 0] }] when start <= count && length <= count - start =>
                (start, length),
            _ => null,
        };
        return view is { } window
            ? new TorchStorage(storageType.Name, storageType.ElementSize, storageType.Type, key, count, window.Start, window.Count)
            : new PickleObject(
                $"a view of storage {Quoting.Plain(key)} that is not (key, offset, size) within its "
                + $"{Words.Count(count, "element")}", machine.Position);
    }
}

/// <summary>
/// A tensor as a pickle describes it: a strided view of a storage. Numbers are the pickle's claims, not yet compared with each other.
/// </summary>
/// <param name="Storage">The storage.</param>
/// <param name="DataType">The elements' type; null where the engine has none for it.</param>
/// <param name="DataTypeName">The type's name, for messages.</param>
/// <param name="Offset">The first element, counted in elements from the storage's view.</param>
/// <param name="Sizes">The dimensions.</param>
/// <param name="Strides">The distance between neighbours along each dimension, in elements.</param>
internal sealed record TorchTensor(
    TorchStorage Storage, ElementType? DataType, string DataTypeName, long Offset, long[] Sizes, long[] Strides);

/// <summary>A tensor that cannot be read. It refuses the file only where it is one of the network's.</summary>
/// <param name="Problem">Why not.</param>
/// <param name="Position">The byte of the pickle where it is made.</param>
internal sealed record UnreadableTensor(string Problem, long Position);
