using System.Collections.Frozen;
using DwEngine.Formats.Pickle;
using DwEngine.Tensors;

namespace DwEngine.Formats.PyTorch;

/// <summary>The allow-list: every class and function that a checkpoint's pickle may name, and what stands for it here.</summary>
internal static class TorchGlobals
{
    public static FrozenDictionary<string, PickleGlobal> AllowList { get; } = new PickleGlobal[]
    {
        new OrderedDictGlobal("collections.OrderedDict"),
        new SizeGlobal("torch.Size"),
        new DeviceGlobal("torch.device"),

        new RebuildTensorGlobal("torch._utils._rebuild_tensor", version: 1),
        new RebuildTensorGlobal("torch._utils._rebuild_tensor_v2", version: 2),
        new RebuildTensorGlobal("torch._utils._rebuild_tensor_v3", version: 3),
        new RebuildParameterGlobal("torch._utils._rebuild_parameter", argumentCount: 3),
        new RebuildParameterGlobal("torch._utils._rebuild_parameter_with_state", argumentCount: 4),

        new StorageTypeGlobal("torch.FloatStorage", 4, ElementType.Float32),
        new StorageTypeGlobal("torch.HalfStorage", 2, ElementType.Float16),
        new StorageTypeGlobal("torch.BFloat16Storage", 2, ElementType.BFloat16),
        new StorageTypeGlobal("torch.DoubleStorage", 8, ElementType.Float64),
        new StorageTypeGlobal("torch.LongStorage", 8, ElementType.Int64),
        new StorageTypeGlobal("torch.IntStorage", 4, ElementType.Int32),
        new StorageTypeGlobal("torch.ShortStorage", 2, ElementType.Int16),
        new StorageTypeGlobal("torch.CharStorage", 1, ElementType.Int8),
        new StorageTypeGlobal("torch.ByteStorage", 1, ElementType.UInt8),
        new StorageTypeGlobal("torch.BoolStorage", 1, ElementType.Bool),
        new StorageTypeGlobal("torch.UntypedStorage", 1, ElementType.UInt8),
        new StorageTypeGlobal("torch.storage.UntypedStorage", 1, ElementType.UInt8),
        // Types that optimizer states and other unread entries may hold.
        new StorageTypeGlobal("torch.storage.TypedStorage", 1, null),
        new StorageTypeGlobal("torch.ComplexFloatStorage", 8, null),
        new StorageTypeGlobal("torch.ComplexDoubleStorage", 16, null),

        new DataTypeGlobal("torch.float32", ElementType.Float32),
        new DataTypeGlobal("torch.float16", ElementType.Float16),
        new DataTypeGlobal("torch.bfloat16", ElementType.BFloat16),
        new DataTypeGlobal("torch.float64", ElementType.Float64),
        new DataTypeGlobal("torch.int64", ElementType.Int64),
        new DataTypeGlobal("torch.int32", ElementType.Int32),
        new DataTypeGlobal("torch.int16", ElementType.Int16),
        new DataTypeGlobal("torch.int8", ElementType.Int8),
        new DataTypeGlobal("torch.uint8", ElementType.UInt8),
        new DataTypeGlobal("torch.bool", ElementType.Bool),
        new DataTypeGlobal("torch.uint16", null),
        new DataTypeGlobal("torch.uint32", null),
        new DataTypeGlobal("torch.uint64", null),
        new DataTypeGlobal("torch.complex64", null),
        new DataTypeGlobal("torch.complex128", null),
        new DataTypeGlobal("torch.float8_e4m3fn", null),
        new DataTypeGlobal("torch.float8_e5m2", null),
    }.ToFrozenDictionary(global => global.Name, StringComparer.Ordinal);
}

/// <summary>The type of a storage, which a pickle only names.</summary>
internal sealed class StorageTypeGlobal(string name, int elementSize, ElementType? type) : PickleGlobal(name)
{
    public int ElementSize => elementSize;

    public ElementType? Type => type;
}

/// <summary>A <c>torch.dtype</c>, which a pickle only names.</summary>
internal sealed class DataTypeGlobal(string name, ElementType? type) : PickleGlobal(name)
{
    public ElementType? Type => type;
}

/// <summary><c>OrderedDict()</c>, or <c>OrderedDict([[key, value], ...])</c> as Python 2 writes it.</summary>
internal sealed class OrderedDictGlobal(string name) : PickleGlobal(name)
{
    public override object Call(PickleTuple arguments, PickleMachine machine)
    {
        var dictionary = new PickleDictionary();
        switch (arguments.Items)
        {
            case []:
                return dictionary;
            case [PickleList pairs]:
                // The same list can be passed many times for a few bytes each.
                machine.Charge(pairs.Items.Count);
                foreach (object? pair in pairs.Items)
                {
                    (object? key, object? value) = pair switch
                    {
                        PickleTuple { Items: [var first, var second] } => (first, second),
                        PickleList { Items: [var first, var second] } => (first, second),
                        _ => throw machine.Error($"{Name} needs pairs of a key and a value"),
                    };
                    dictionary.Set(key, value);
                }

                return dictionary;
            default:
                throw machine.Error($"{Name} needs no argument or a list of pairs");
        }
    }
}

/// <summary><c>torch.Size</c>, a tuple by another name.</summary>
internal sealed class SizeGlobal(string name) : PickleGlobal(name)
{
    public override object Call(PickleTuple arguments, PickleMachine machine) =>
        arguments.Items is [PickleTuple sizes] ? sizes : throw machine.Error($"{Name} needs one tuple");
}

/// <summary><c>torch.device</c>: where a tensor was, which does not matter here.</summary>
internal sealed class DeviceGlobal(string name) : PickleGlobal(name)
{
    public override object Call(PickleTuple arguments, PickleMachine machine) =>
        arguments.Items is [string device, ..] ? device : throw machine.Error($"{Name} needs a device's name");
}

/// <summary>
/// <c>_rebuild_tensor(storage, offset, size, stride)</c>, in version 2 followed by <c>requires_grad, backward_hooks[, metadata]</c>, in version 3 by
/// <c>requires_grad, backward_hooks, dtype[, metadata]</c>.
/// </summary>
internal sealed class RebuildTensorGlobal(string name, int version) : PickleGlobal(name)
{
    private readonly int _argumentCount = version switch { 1 => 4, 2 => 6, _ => 7 };

    public override object Call(PickleTuple arguments, PickleMachine machine)
    {
        object?[] items = arguments.Items;
        bool hasMetadata = version > 1 && items.Length == _argumentCount + 1;
        if ((items.Length != _argumentCount && !hasMetadata)
            || items is not [TorchStorage storage, long offset and >= 0, PickleTuple sizeTuple, PickleTuple strideTuple, ..])
        {
            throw machine.Error($"{Name} needs a storage, an offset, a size and a stride first, {_argumentCount} arguments in all");
        }

        long[] sizes = Integers(sizeTuple, "size", machine);
        long[] strides = Integers(strideTuple, "stride", machine);
        if (sizes.Length != strides.Length)
        {
            throw machine.Error($"a tensor with {sizes.Length} dimensions and {strides.Length} strides");
        }

        if (hasMetadata && items[^1] is not (null or PickleDictionary { Entries.Count: 0 }))
        {
            throw machine.Error($"{Name} with tensor metadata (a view to be conjugated or negated when it is read)");
        }

        if (version < 3)
        {
            return new TorchTensor(storage, storage.Type, storage.TypeName, offset, sizes, strides);
        }

        return items[6] is DataTypeGlobal type
            ? new TorchTensor(storage, type.Type, type.Name, offset, sizes, strides)
            : throw machine.Error($"{Name} needs a torch.dtype as argument 7");
    }

    private long[] Integers(PickleTuple tuple, string what, PickleMachine machine)
    {
        if (tuple.Items.Length > Shape.MaxRank)
        {
            throw machine.Error($"a tensor of {tuple.Items.Length} dimensions; at most {Shape.MaxRank} are read");
        }

        long[] values = new long[tuple.Items.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = tuple.Items[i] is long value and >= 0
                ? value
                : throw machine.Error($"{Name}: each {what} must be an integer from 0 to 2^63 - 1");
        }

        return values;
    }
}

/// <summary><c>_rebuild_parameter(tensor, requires_grad, backward_hooks[, state])</c>: the tensor itself.</summary>
internal sealed class RebuildParameterGlobal(string name, int argumentCount) : PickleGlobal(name)
{
    public override object Call(PickleTuple arguments, PickleMachine machine) =>
        arguments.Items.Length == argumentCount && arguments.Items[0] is TorchTensor tensor
            ? tensor
            : throw machine.Error($"{Name} needs a tensor first, {argumentCount} arguments in all");
}
