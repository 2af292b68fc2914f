using System.Numerics;
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
    /// <exception cref="WeightMismatchException">Something does not fit; holds all that does not.</exception>
    public static Dictionary<string, Tensor> Check(
        string architecture, StateDict tensors, IReadOnlyCollection<TensorPattern> expected, Func<string, bool> isIgnored)
    {
        var checkedTensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var problems = new WeightProblems();
        foreach (TensorPattern pattern in expected)
        {
            if (!tensors.TryGet(pattern.Name, out Tensor? tensor))
            {
                problems.Missing(pattern);
            }
            else if (!pattern.Fits(tensor.Shape))
            {
                problems.WrongShape(pattern, tensor.Shape);
            }
            else if (!tensor.Type.IsFloatingPoint())
            {
                problems.WrongType(pattern.Name, tensor.Type);
            }
            else
            {
                Tensor floats = tensor.ToFloat32();
                checkedTensors.Add(pattern.Name, floats);
                if (ValueProblem(floats.Floats, pattern.IsVariance) is { } problem)
                {
                    problems.Value(pattern.Name, problem);
                }
            }
        }

        var known = expected.Select(pattern => pattern.Name).ToHashSet(StringComparer.Ordinal);
        foreach ((string name, Tensor tensor) in tensors)
        {
            if (!known.Contains(name) && !isIgnored(name))
            {
                problems.Surplus(name, tensor.Shape);
            }
        }

        return problems.IsEmpty ? checkedTensors : throw problems.ToException(architecture, tensors);
    }

    private static string? ValueProblem(ReadOnlySpan<float> values, bool isVariance)
    {
        if (!isVariance && AreFinite(values))
        {
            return null;
        }

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

    // Zero times a number is zero, but NaN where the number is infinite or NaN, which then stays in the sum.
    private static bool AreFinite(ReadOnlySpan<float> values)
    {
        Vector<float> sum = Vector<float>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            sum += new Vector<float>(values[i..]) * Vector<float>.Zero;
        }

        float rest = 0;
        for (; i < values.Length; i++)
        {
            rest += values[i] * 0;
        }

        return Vector.Sum(sum) + rest == 0;
    }
}
