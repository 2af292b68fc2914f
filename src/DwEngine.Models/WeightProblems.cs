using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>How a tensor does not fit.</summary>
internal enum WeightProblemKind
{
    Missing,
    Surplus,
    Shape,
    Type,
    Value,
}

/// <summary>Everything about a state dict that does not fit an architecture.</summary>
internal sealed class WeightProblems
{
    // Shown of each kind; the exception holds all.
    private const int MaxShown = 5;

    private const int MaxNameLength = 100;

    private readonly List<(WeightProblemKind Kind, string Name, string Text)> _all = [];

    public bool IsEmpty => _all.Count == 0;

    /// <summary>A name that comes from a file, fit for a message: not endless, without control characters.</summary>
    public static string Shown(string name)
    {
        string cut = name.Length <= MaxNameLength ? name : $"{name[..(MaxNameLength - 3)]}...";
        return cut.Any(char.IsControl) ? string.Concat(cut.Select(letter => char.IsControl(letter) ? '?' : letter)) : cut;
    }

    public void Missing(TensorPattern pattern) =>
        Add(WeightProblemKind.Missing, pattern.Name, $"is missing (expected {pattern.Expected})");

    public void Surplus(string name, Shape shape) => Add(WeightProblemKind.Surplus, name, $"is surplus (found {shape})");

    public void WrongShape(TensorPattern pattern, Shape shape) =>
        Add(WeightProblemKind.Shape, pattern.Name, $"has the wrong shape (expected {pattern.Expected}, found {shape})");

    public void WrongType(string name, ElementType type) =>
        Add(WeightProblemKind.Type, name, $"has the wrong type (expected floating point, found {type})");

    public void Value(string name, string problem) => Add(WeightProblemKind.Value, name, problem);

    /// <summary>The names of the tensors with a problem of one kind.</summary>
    public string[] Names(WeightProblemKind kind) => [.. _all.Where(problem => problem.Kind == kind).Select(problem => problem.Name)];

    /// <summary>The error that tells of them.</summary>
    /// <param name="architecture">What they do not fit.</param>
    /// <param name="tensors">All tensors that are there.</param>
    public WeightMismatchException ToException(string architecture, StateDict tensors)
    {
        IGrouping<WeightProblemKind, string>[] kinds =
            [.. _all.GroupBy(problem => problem.Kind, problem => $"{Shown(problem.Name)} {problem.Text}").OrderBy(kind => kind.Key)];
        string counts = string.Join(", ", kinds.Select(kind => $"{kind.Count()} {Adjective(kind.Key)}"));
        List<string> lines = [$"{Words.Count(_all.Count, "tensor")} {(_all.Count == 1 ? "does" : "do")} not fit {architecture}: {counts}."];
        if (WeightLikeness.ReasonFor(this, tensors) is { } reason)
        {
            lines.Add($"Likely reason: {reason}.");
        }

        foreach (IGrouping<WeightProblemKind, string> kind in kinds)
        {
            int more = kind.Count() - MaxShown;
            lines.Add(string.Join("; ", kind.Take(MaxShown)) + (more > 0 ? $"; and {more} more." : "."));
        }

        return new WeightMismatchException(string.Join('\n', lines), [.. _all.Select(problem => $"{Shown(problem.Name)} {problem.Text}")]);
    }

    private static string Adjective(WeightProblemKind kind) => kind switch
    {
        WeightProblemKind.Missing => "missing",
        WeightProblemKind.Surplus => "surplus",
        WeightProblemKind.Shape => "of the wrong shape",
        WeightProblemKind.Type => "of the wrong type",
        _ => "with unfit values",
    };

    private void Add(WeightProblemKind kind, string name, string text) => _all.Add((kind, name, text));
}
