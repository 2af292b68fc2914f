using DwEngine.Formats.Files;
using DwEngine.Formats.Pickle;
using DwEngine.Models;

namespace DwEngine.Formats.PyTorch;

/// <summary>Finds a network's tensors among what training scripts save.</summary>
internal static class StateDictFinder
{
    // What training scripts put a state_dict under, the most telling name first.
    private static readonly string[] WrappingKeys = ["state_dict", "model_state_dict", "model", "net", "network", "module", "weights"];

    // What wrappers put before every name: DataParallel, torch.compile.
    private static readonly string[] Prefixes = ["module.", "_orig_mod."];

    // Deeper than any training script nests; the search recurses.
    private const int MaxDepth = 4;

    /// <summary>
    /// Loads the tensors of the state dict: the object itself, or what it holds under one of the usual keys. Other entries, such as an epoch or an
    /// optimizer's state, are left unread.
    /// </summary>
    /// <param name="root">What the pickle holds.</param>
    /// <param name="file">The file, for messages.</param>
    /// <param name="loader">Loads one tensor.</param>
    public static StateDict Load(object? root, SourceFile file, TensorLoader loader)
    {
        PickleDictionary dictionary = Find(root, MaxDepth, []) ?? throw file.Error("pickle", Describe(root));
        var tensors = new List<KeyValuePair<string, TorchTensor>>();
        foreach ((object? key, object? value) in dictionary.Entries)
        {
            if (value is TorchTensor tensor)
            {
                tensors.Add(new(key as string ?? throw file.Error("pickle", "a tensor's name in the state dict is not text"), tensor));
            }
        }

        int prefixLength = SharedPrefixLength(tensors);
        var state = new StateDict();
        foreach ((string fullName, TorchTensor tensor) in tensors)
        {
            string name = fullName[prefixLength..];
            if (state.TryGet(name, out _))
            {
                throw file.Error($"tensor {Quoting.Quoted(name)}", "the state dict holds this name twice");
            }

            state.Add(name, loader.Load(name, tensor));
        }

        return state;
    }

    // A structure may contain itself, under every key: each dict is searched once.
    private static PickleDictionary? Find(object? value, int depth, HashSet<PickleDictionary> searched)
    {
        if (value is not PickleDictionary dictionary || depth == 0 || !searched.Add(dictionary))
        {
            return null;
        }

        // Wrapping keys first: a checkpoint may hold single tensors, such as the best accuracy, beside the state dict.
        foreach (string key in WrappingKeys)
        {
            if (dictionary.Find(key) is PickleDictionary inner && Find(inner, depth - 1, searched) is { } found)
            {
                return found;
            }
        }

        return dictionary.Entries.Any(entry => entry.Value is TorchTensor) ? dictionary : null;
    }

    private static int SharedPrefixLength(List<KeyValuePair<string, TorchTensor>> tensors)
    {
        int length = 0;
        while (tensors.Count > 0
            && Array.Find(Prefixes, prefix => tensors.TrueForAll(tensor => tensor.Key.AsSpan(length).StartsWith(prefix))) is { } shared)
        {
            length += shared.Length;
        }

        return length;
    }

    private static string Describe(object? root)
    {
        string expected = $"expected a dict of named tensors, or one under {string.Join(", ", WrappingKeys)}";
        if (root is not PickleDictionary dictionary)
        {
            return $"holds no dict; {expected}";
        }

        string keys = string.Join(", ", dictionary.Entries.Take(8).Select(entry => entry.Key is string key ? Quoting.Plain(key) : "a key that is not text"));
        return $"holds no tensors under the keys that were found ({(keys.Length == 0 ? "none" : keys)}); {expected}";
    }
}
