using System.Numerics;
using DwEngine.Files;
using DwEngine.Formats.Pickle;

namespace DwEngine.Formats.PyTorch;

/// <summary>Values of a pickle in messages.</summary>
internal static class PickleText
{
    /// <summary>What a value is, in a few words.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "None",
        bool => "a bool",
        long or BigInteger => "an integer",
        double => "a number",
        string => "text",
        byte[] => "bytes",
        PickleTuple => "a tuple",
        PickleList => "a list",
        PickleDictionary => "a dict",
        TorchStorage => "a storage",
        TorchTensor or UnreadableTensor => "a tensor",
        PickleGlobal global => $"the global {Quoting.Plain(global.Name)}",
        PickleObject { Kind: var kind } => kind.Contains(' ') ? Quoting.Plain(kind) : $"an object of {Quoting.Plain(kind)}",
        _ => "a value",
    };
}
