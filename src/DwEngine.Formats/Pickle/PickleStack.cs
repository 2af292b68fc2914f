namespace DwEngine.Formats.Pickle;

/// <summary>The stack of a pickle machine, cut into sections by marks.</summary>
/// <param name="cursor">For the place in error messages.</param>
internal sealed class PickleStack(PickleCursor cursor)
{
    private readonly List<object?> _items = [];
    private readonly List<int> _marks = [];

    private int SectionStart => _marks.Count == 0 ? 0 : _marks[^1];

    public void Push(object? value)
    {
        if (_items.Count == _items.Capacity)
        {
            cursor.Charge((_items.Count + 1L) * 2 * sizeof(long));
        }

        _items.Add(value);
    }

    public void Mark()
    {
        if (_marks.Count == _marks.Capacity)
        {
            cursor.Charge((_marks.Count + 1L) * 2 * sizeof(int));
        }

        _marks.Add(_items.Count);
    }

    /// <summary>The topmost value of the current section.</summary>
    public object? Peek()
    {
        if (_items.Count == SectionStart)
        {
            throw cursor.Error("the pickle takes a value from an empty stack");
        }

        return _items[^1];
    }

    public object? Pop()
    {
        object? top = Peek();
        _items.RemoveAt(_items.Count - 1);
        return top;
    }

    /// <summary>Takes away the last <paramref name="count"/> values of the current section.</summary>
    public object?[] Pop(int count)
    {
        if (_items.Count - SectionStart < count)
        {
            throw cursor.Error($"the pickle takes {count} values from a stack of {_items.Count - SectionStart}");
        }

        return PopFrom(_items.Count - count);
    }

    /// <summary>Takes away the last mark and the values above it.</summary>
    public object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw cursor.Error("the pickle goes back to a mark that it has not set");
        }

        int start = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        return PopFrom(start);
    }

    /// <summary>Pops one value, or the last mark where no value stands above it.</summary>
    public void PopValueOrMark()
    {
        if (_marks.Count > 0 && _marks[^1] == _items.Count)
        {
            _marks.RemoveAt(_marks.Count - 1);
        }
        else
        {
            Pop();
        }
    }

    private object?[] PopFrom(int start)
    {
        int count = _items.Count - start;
        if (count == 0)
        {
            return [];
        }

        object?[] values = new object?[count];
        _items.CopyTo(start, values, 0, count);
        _items.RemoveRange(start, count);
        return values;
    }
}
