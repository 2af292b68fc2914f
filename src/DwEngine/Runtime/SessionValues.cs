using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>Finds the inputs and outputs of a session by name, and checks what is given for them.</summary>
internal static class SessionValues
{
    /// <summary>The place of an input or output among its like.</summary>
    /// <param name="values">All inputs, or all outputs.</param>
    /// <param name="kind">Which of the two, for messages.</param>
    /// <param name="name">Its name.</param>
    /// <param name="length">Elements that were given; null for none.</param>
    /// <exception cref="GraphException">There is none of that name.</exception>
    /// <exception cref="ArgumentException">Its elements are of another type.</exception>
    /// <exception cref="ShapeException">It has another number of elements.</exception>
    public static int Check<T>(ImmutableArray<SessionValue> values, string kind, string name, int? length) where T : unmanaged
    {
        int index = Find(values, kind, name);
        SessionValue value = values[index];
        if (value.Type != ElementTypes.Of<T>())
        {
            throw new ArgumentException($"The {kind} '{name}' is {value.Type}; found a span of {ElementTypes.Of<T>()}.");
        }

        return length is { } found && found != value.Shape.ElementCount
            ? throw WrongLength($"{kind} '{name}'", found, value.Shape)
            : index;
    }

    /// <summary>The same whatever the type of its elements.</summary>
    /// <exception cref="GraphException">There is none of that name.</exception>
    public static int Find(ImmutableArray<SessionValue> values, string kind, string name)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i].Name == name)
            {
                return i;
            }
        }

        throw Words.UnknownName(
            kind,
            name,
            values.Select(value => value.Name),
            $"{nameof(Session)}.{(kind == "input" ? nameof(Session.Inputs) : nameof(Session.Outputs))}");
    }

    /// <summary>Throws unless there are as many elements as the shape has.</summary>
    /// <exception cref="ShapeException">There are more or fewer.</exception>
    public static void RequireLength(string kind, long length, Shape shape)
    {
        if (length != shape.ElementCount)
        {
            throw WrongLength(kind, length, shape);
        }
    }

    // A message is memory, so only what fails may build one.
    private static ShapeException WrongLength(string name, long length, Shape shape) =>
        new($"The {name} has {Words.Count(length, "element")}; expected {shape.ElementCount} for shape {shape}.");
}
