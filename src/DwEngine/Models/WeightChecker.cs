using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>Holds a state dict against what an architecture expects and collects everything that does not fit.</summary>
internal static class WeightChecker
{
    /// <summary>The expected tensors as Float32.</summary>
    /// <param name="architecture">The architecture's name, for the message.</param>
    /// <param name="tensors">The tensors that were found.</param>
    /// <param name="expected">The tensors that must be there.</param>
    /// <param name="isIgnored">Names of tensors that may be there but are not used.</param>
    /// <exception cref="WeightMismatchException">Something does not fit; lists all that does not.</exception>
    public static Dictionary<string, Tensor> Check(
        string architecture, StateDict tensors, IReadOnlyCollection<TensorPattern> expected, Func<string, bool> isIgnored)
    {
        var checkedTensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var problems = new List<string>();
        foreach (TensorPattern pattern in expected)
        {
            if (!tensors.TryGet(pattern.Name, out Tensor? tensor))
            {
                problems.Add($"{pattern.Name} is missing (expected {pattern.Expected})");
            }
            else if (!pattern.Fits(tensor.Shape))
            {
                problems.Add($"{pattern.Name} has the wrong shape (expected {pattern.Expected}, found {tensor.Shape})");
            }
            else if (!tensor.Type.IsFloatingPoint())
            {
                problems.Add($"{pattern.Name} has the wrong type (expected floating point, found {tensor.Type})");
            }
            else
            {
                Tensor floats = tensor.ToFloat32();
                checkedTensors.Add(pattern.Name, floats);
                if (ValueProblem(floats.Floats, pattern.IsVariance) is { } problem)
                {
                    problems.Add($"{pattern.Name} {problem}");
                }
            }
        }

        var known = expected.Select(pattern => pattern.Name).ToHashSet(StringComparer.Ordinal);
        foreach ((string name, Tensor tensor) in tensors)
        {
            if (!known.Contains(name) && !isIgnored(name))
            {
                problems.Add($"{name} is surplus (found {tensor.Shape})");
            }
        }

        return problems.Count == 0
            ? checkedTensors
            : throw new WeightMismatchException(
                $"{problems.Count} tensors do not fit {architecture}: {string.Join("; ", problems)}.");
    }

    private static string? ValueProblem(ReadOnlySpan<float> values, bool isVariance)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return $"is not finite (expected numbers that Float32 can hold, found {values[i]} at element {i})";
            }

            if (isVariance && values[i] < 0)
            {
                return $"is a negative variance (expected at least 0, found {values[i]} at element {i})";
            }
        }

        return null;
    }
}
