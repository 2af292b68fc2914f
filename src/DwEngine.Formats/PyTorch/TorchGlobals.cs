using System.Collections.Frozen;
using DwEngine.Files;
using DwEngine.Formats.Pickle;
using DwEngine.Tensors;

namespace DwEngine.Formats.PyTorch;

/// <summary>
/// The classes and functions of a checkpoint's pickle that tensors depend on, and what stands for them here. All others are names, and what
/// they make is a placeholder.
/// </summary>
internal static class TorchGlobals
{
    public static FrozenDictionary<string, PickleGlobal> Known { get; } = new PickleGlobal[]
    {
        new OrderedDictGlobal("collections.OrderedDict"),
        new SizeGlobal("torch.Size"),

        new RebuildTensorGlobal("torch._utils._rebuild_tensor", version: 1),
        new RebuildTensorGlobal("torch._utils._rebuild_tensor_v2", version: 2),
        new RebuildTensorGlobal("torch._utils._rebuild_tensor_v3", version: 3),
        new RebuildParameterGlobal("torch._utils._rebuild_parameter"),
        new RebuildParameterGlobal("torch._utils._rebuild_parameter_with_state"),
        new RebuildParameterGlobal("torch._utils._rebuild_device_tensor_from_cpu_tensor"),
        new RebuildFromTypeGlobal("torch._tensor._rebuild_from_type"),
        new RebuildFromTypeGlobal(RebuildFromTypeGlobal.Newest),
        new UnreadableTensorGlobal("torch._utils._rebuild_sparse_tensor", "a sparse tensor"),
        new UnreadableTensorGlobal("torch._utils._rebuild_sparse_csr_tensor", "a sparse tensor"),
        new UnreadableTensorGlobal("torch._utils._rebuild_qtensor", "a quantised tensor"),
        new UnreadableTensorGlobal("torch._utils._rebuild_nested_tensor", "a nested tensor"),
        new UnreadableTensorGlobal("torch._utils._rebuild_meta_tensor_no_storage", "a tensor on the meta device, which has no values"),
        new UnreadableTensorGlobal("torch._utils._rebuild_device_tensor_from_numpy", "a tensor stored as a NumPy array"),
        new UnreadableTensorGlobal("torch._utils._rebuild_xla_tensor", "a tensor stored as a NumPy array"),
        new UnreadableTensorGlobal("torch._utils._rebuild_wrapper_subclass", "a tensor of a subclass without a storage of its own"),

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
        // Types whose tensors cannot be read, but stand beside some that can.
        new StorageTypeGlobal("torch.storage.TypedStorage", 1, null),
        new StorageTypeGlobal("torch.QInt8Storage", 1, null),
        new StorageTypeGlobal("torch.QUInt8Storage", 1, null),
        new StorageTypeGlobal("torch.QInt32Storage", 4, null),
        new StorageTypeGlobal("torch.QUInt4x2Storage", 1, null),
        new StorageTypeGlobal("torch.QUInt2x4Storage", 1, null),
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
    public override object? Call(PickleTuple arguments, PickleMachine machine)
    {
        if (arguments.Items is not ([] or [PickleList]))
        {
            return base.Call(arguments, machine);
        }

        var dictionary = new PickleDictionary();
        if (arguments.Items is [PickleList pairs])
        {
            // The same list can be passed many times for a few bytes each.
            machine.Charge(pairs.Items.Count);
            foreach (object? pair in pairs.Items)
            {
                switch (pair)
                {
                    case PickleTuple { Items: [var key, var value] }:
                        machine.Set(dictionary, key, value);
                        break;
                    case PickleList { Items: [var key, var value] }:
                        machine.Set(dictionary, key, value);
                        break;
                    default:
                        return base.Call(arguments, machine);
                }
            }
        }

        return dictionary;
    }
}

/// <summary><c>torch.Size</c>, a tuple by another name.</summary>
internal sealed class SizeGlobal(string name) : PickleGlobal(name)
{
    public override object? Call(PickleTuple arguments, PickleMachine machine) =>
        arguments.Items is [PickleTuple sizes] ? sizes : base.Call(arguments, machine);
}

/// <summary>
/// <c>_rebuild_tensor(storage, offset, size, stride)</c>, in version 2 followed by <c>requires_grad, backward_hooks[, metadata]</c>, in
/// version 3 by <c>requires_grad, backward_hooks, dtype[, metadata]</c>.
/// </summary>
internal sealed class RebuildTensorGlobal(string name, int version) : PickleGlobal(name)
{
    private readonly int _argumentCount = version switch { 1 => 4, 2 => 6, _ => 7 };

    public override object? Call(PickleTuple arguments, PickleMachine machine)
    {
        object?[] items = arguments.Items;
        bool hasMetadata = version > 1 && items.Length == _argumentCount + 1;
        if ((items.Length != _argumentCount && !hasMetadata)
            || items is not [TorchStorage storage, long offset and >= 0, PickleTuple sizeTuple, PickleTuple strideTuple, ..])
        {
            string found = items is [not TorchStorage, ..] ? $"; found {PickleText.Describe(items[0])} in place of the storage" : "";
            return Unreadable($"{Name} needs a storage, an offset, a size and a stride first, {_argumentCount} arguments in all{found}");
        }

        if (sizeTuple.Items.Length > Shape.MaxRank)
        {
            return Unreadable($"a tensor of {Words.Count(sizeTuple.Items.Length, "dimension")}; at most {Shape.MaxRank} are read");
        }

        if (sizeTuple.Items.Length != strideTuple.Items.Length)
        {
            return Unreadable(
                $"a tensor with {Words.Count(sizeTuple.Items.Length, "dimension")} and {Words.Count(strideTuple.Items.Length, "stride")}");
        }

        if (Integers(sizeTuple) is not { } sizes)
        {
            return Unreadable($"{Name}: each size must be an integer from 0 to 2^63 - 1");
        }

        if (Integers(strideTuple) is not { } strides)
        {
            return Unreadable($"{Name}: each stride must be an integer from 0 to 2^63 - 1");
        }

        if (hasMetadata && items[^1] is not (null or PickleDictionary { Entries.Count: 0 }))
        {
            return Unreadable($"{Name} with tensor metadata (a view to be conjugated or negated when it is read)");
        }

        if (version < 3)
        {
            return new TorchTensor(storage, storage.Type, storage.TypeName, offset, sizes, strides);
        }

        return items[6] is DataTypeGlobal type
            ? new TorchTensor(storage, type.Type, type.Name, offset, sizes, strides)
            : Unreadable($"{Name} needs a torch.dtype as argument 7, found {PickleText.Describe(items[6])}");

        UnreadableTensor Unreadable(string problem) => new(problem, machine.Position);
    }

    private static long[]? Integers(PickleTuple tuple) =>
        Array.TrueForAll(tuple.Items, item => item is long and >= 0) ? Array.ConvertAll(tuple.Items, item => (long)item!) : null;
}

/// <summary>
/// <c>_rebuild_parameter(tensor, requires_grad, backward_hooks[, state])</c> and others that take a whole tensor first: the tensor itself.
/// </summary>
internal sealed class RebuildParameterGlobal(string name) : PickleGlobal(name)
{
    public override object? Call(PickleTuple arguments, PickleMachine machine) => arguments.Items switch
    {
        [TorchTensor or UnreadableTensor, ..] => arguments.Items[0],
        [var other, ..] => new UnreadableTensor($"{Name} needs a tensor first; found {PickleText.Describe(other)}", machine.Position),
        [] => new UnreadableTensor($"{Name} needs a tensor", machine.Position),
    };
}

/// <summary>
/// <c>_rebuild_from_type_v2(function, type, arguments, state)</c>, as tensors with attributes or of a subclass are written: what the
/// function makes of the arguments.
/// </summary>
internal sealed class RebuildFromTypeGlobal(string name) : PickleGlobal(name)
{
    public const string Newest = "torch._tensor._rebuild_from_type_v2";

    public override object? Call(PickleTuple arguments, PickleMachine machine)
    {
        PickleGlobal function = this;
        // One within another is taken step by step, not by recursion, so that no depth of nesting ends the process.
        while (function is RebuildFromTypeGlobal)
        {
            machine.Charge(1);
            if (arguments.Items is not [PickleGlobal inner, _, PickleTuple innerArguments, ..])
            {
                return new UnreadableTensor($"{Name} needs a function, a type and a tuple of arguments", machine.Position);
            }

            (function, arguments) = (inner, innerArguments);
        }

        object? made = function.Call(arguments, machine);
        return made is TorchTensor or UnreadableTensor
            ? made
            : new UnreadableTensor($"{Name} of {Quoting.Plain(function.Name)}, a function that is not known", machine.Position);
    }
}

/// <summary>A function that makes tensors of a kind that is not read.</summary>
internal sealed class UnreadableTensorGlobal(string name, string kind) : PickleGlobal(name)
{
    public override object Call(PickleTuple arguments, PickleMachine machine) =>
        new UnreadableTensor($"is {kind} ({Name}); expected a dense one: save it as such", machine.Position);
}
