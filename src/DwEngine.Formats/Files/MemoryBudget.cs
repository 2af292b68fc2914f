namespace DwEngine.Formats.Files;

/// <summary>
/// Bounds what one file may grow to in memory. Compressed members, overlapping members, expanded views (stride 0) and shared storages can
/// each turn a few bytes into terabytes; an honest checkpoint stays near its own size.
/// </summary>
/// <param name="file">The file that is read.</param>
internal sealed class MemoryBudget(SourceFile file)
{
    /// <summary>How many times its own size a file may take.</summary>
    public const int Multiple = 4;

    /// <summary>What a file may take on top, so that small files with expanded views still load.</summary>
    public const long Allowance = 64 << 20;

    // 64-bit lengths of real files are far below overflow here.
    private readonly long _limit = (file.Length * Multiple) + Allowance;
    private long _taken;

    /// <summary>Takes a part of the budget; called before the memory itself is allocated.</summary>
    /// <exception cref="FileFormatException">Nothing of that size is left, or no array can be that large.</exception>
    public void Take(long bytes, string location)
    {
        if (bytes > _limit - _taken)
        {
            throw file.Error(
                location,
                $"needs {bytes} bytes of memory beside the {_taken} already taken; a file of {file.Length} bytes may take {_limit} in all");
        }

        if (bytes > Array.MaxLength)
        {
            throw file.Error(location, $"{bytes} bytes are more than one tensor can hold ({Array.MaxLength})");
        }

        _taken += bytes;
    }
}
