using System.Collections.Frozen;
using System.Text;

namespace DwEngine.PyTorch.Writing;

/// <summary>Names of nodes as Python's, each once.</summary>
internal sealed class Identifiers
{
    // Python's own words, and what every module has already.
    private static readonly FrozenSet<string> s_taken = (
        "false none true and as assert async await break class continue def del elif else except finally for from global if import in is "
        + "lambda nonlocal not or pass raise return try while with self torch nn f "
        + "add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval extra_repr float forward "
        + "from_file get_buffer get_extra_state get_parameter get_submodule half ipu load load_state_dict modules mtia named_buffers "
        + "named_children named_modules named_parameters parameters register_backward_hook register_buffer register_forward_hook "
        + "register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook "
        + "register_module register_parameter register_state_dict_pre_hook requires_grad_ save set_extra_state set_submodule share_memory "
        + "state_dict to to_empty train training type xpu zero_grad").Split(' ').ToFrozenSet();

    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>
    /// The path of a node's module: parts between dots. PyTorch's exporter names a node by the modules around it, each with the path in
    /// its list, and the operator: <c>/features/features.1/conv/conv.0/Conv</c> is <c>features.1.conv.0</c>.
    /// </summary>
    public static string PathOf(string node)
    {
        string[] parts = node.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (!node.StartsWith('/') || parts.Length < 2)
        {
            return node.Trim('/');
        }

        var path = new List<string>();
        foreach (string part in parts[..^1])
        {
            if (path.Count > 0 && part.StartsWith(path[^1] + ".", StringComparison.Ordinal))
            {
                path.RemoveAt(path.Count - 1);
            }

            path.Add(part);
        }

        return string.Join('.', path);
    }

    /// <summary>The part of a path that is a block of the network: up to its first number that something follows.</summary>
    public static string BlockOf(string path)
    {
        string[] parts = path.Split('.');
        int number = Array.FindIndex(parts, part => part.Length > 0 && part.All(char.IsAsciiDigit));
        return parts.Length == 1 ? "" : number > 0 && number < parts.Length - 1 ? string.Join('.', parts[..(number + 1)]) : parts[0];
    }

    /// <summary>A name that no other node has.</summary>
    /// <param name="path">What it is to be like.</param>
    /// <param name="kind">What goes before a name that starts with a digit, and behind one that is taken.</param>
    public string Unique(string path, string kind)
    {
        string name = Plain(path);
        kind = Plain(kind);
        name = name.Length == 0 ? kind : char.IsAsciiDigit(name[0]) ? $"{kind}_{name}" : name;
        string unique = s_taken.Contains(name) ? $"{name}_" : name;
        if (_used.Add(unique))
        {
            return unique;
        }

        unique = name.EndsWith(kind, StringComparison.Ordinal) ? name : $"{name}_{kind}";
        string stem = unique;
        for (int i = 1; !_used.Add(unique); i++)
        {
            unique = $"{stem}_{i}";
        }

        return unique;
    }

    /// <summary>A class's name.</summary>
    public static string ClassName(string text)
    {
        string name = string.Concat(Plain(text).Split('_').Where(part => part.Length > 0)
            .Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
        return name.Length == 0 || char.IsAsciiDigit(name[0]) || name is "None" or "True" or "False" or "F" or "Path" ? $"Net{name}" : name;
    }

    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        foreach (char letter in text)
        {
            if (char.IsAsciiLetterOrDigit(letter))
            {
                plain.Append(char.ToLowerInvariant(letter));
            }
            else if (plain.Length > 0 && plain[^1] != '_')
            {
                plain.Append('_');
            }
        }

        return plain.ToString().TrimEnd('_');
    }
}
