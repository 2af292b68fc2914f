namespace DwEngine.Files;

/// <summary>
/// Bounds what one file may grow to in memory: everything that a reader holds is taken from it, directories, headers and a pickle's values
/// as well as tensors. Compressed members, overlapping members, expanded views (stride 0), shared storages and values of one byte each can
/// turn a few bytes into terabytes; an honest checkpoint stays near its own size.
/// </summary>
/// <param name="file">The file's path or name.</param>
/// <param name="length">Its length in bytes.</param>
internal sealed class MemoryBudget(string file, long length)
{
    /// <summary>How many times its own size a file may take.</summary>
    public const int Multiple = 4;

    /// <summary>What a file may take on top, so that small files with expanded views still load.</summary>
    public const long Allowance = 64 << 20;

    // 64-bit lengths of real files are far below overflow here.
    private readonly long _limit = (length * Multiple) + Allowance;
    private long _taken;

    /// <summary>The budget of an open file.</summary>
    public MemoryBudget(SourceFile file) : this(file.Path, file.Length)
    {
    }

    /// <summary>Takes a part of the budget; called before the memory itself is allocated.</summary>
    /// <exception cref="FileFormatException">Nothing of that size is left, or no array can be that large.</exception>
    public void Take(long bytes, string location)
    {
        if (bytes > Array.MaxLength && bytes <= _limit - _taken)
        {
            throw new FileFormatException(
                file, location, $"{Words.Count(bytes, "byte")} are more than one tensor can hold ({Array.MaxLength})");
        }

        if (!TryTake(bytes))
        {
            throw new FileFormatException(file, location, Refusal(bytes));
        }
    }

    /// <summary>Takes a part of the budget, for the many small parts whose place is told only where it is wanted.</summary>
    /// <returns>Whether so much is left.</returns>
    public bool TryTake(long bytes)
    {
        if (bytes > _limit - _taken)
        {
            return false;
        }

        _taken += bytes;
        return true;
    }

    /// <summary>What is told where <see cref="TryTake"/> refuses.</summary>
    public string Refusal(long bytes) =>
        $"needs {Words.Count(bytes, "byte")} of memory beside the {_taken} already taken; "
        + $"a file of {Words.Count(length, "byte")} may take {_limit} in all";
}
