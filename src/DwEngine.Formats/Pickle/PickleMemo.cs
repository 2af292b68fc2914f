namespace DwEngine.Formats.Pickle;

/// <summary>The values that a pickle keeps under numbers for later use.</summary>
/// <param name="cursor">For the place in error messages.</param>
internal sealed class PickleMemo(PickleCursor cursor)
{
    // A reference, and as much again for the room that a growing list keeps.
    private const int SlotBytes = 16;

    private static readonly object Unset = new();

    private readonly List<object?> _slots = [];
    private int _used;

    /// <summary>Keeps a value under the next number.</summary>
    public void Append(object? value) => Put(_used, value);

    public void Put(long index, object? value)
    {
        // Pickle writers number from 0 on, at least one byte apart; a number beyond that only serves to make the memo huge.
        if (index < 0 || index >= cursor.Position - cursor.Start)
        {
            throw cursor.Error($"the memo number {index} is out of range for a pickle of this length");
        }

        cursor.Charge(Math.Max(0, index + 1 - _slots.Count) * SlotBytes);
        while (_slots.Count <= index)
        {
            _slots.Add(Unset);
        }

        if (ReferenceEquals(_slots[(int)index], Unset))
        {
            _used++;
        }

        _slots[(int)index] = value;
    }

    public object? Get(long index)
    {
        if (index < 0 || index >= _slots.Count || ReferenceEquals(_slots[(int)index], Unset))
        {
            throw cursor.Error($"the memo number {index} has not been set");
        }

        return _slots[(int)index];
    }
}
