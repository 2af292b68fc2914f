using System.Collections.Immutable;
using DwEngine.Planning;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>What a plan was made for.</summary>
internal readonly record struct PlanKey(ImmutableArray<Shape> InputShapes, Isa Isa, int Workers)
{
    public bool Equals(PlanKey other) =>
        Isa == other.Isa && Workers == other.Workers && InputShapes.AsSpan().SequenceEqual(other.InputShapes.AsSpan());

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Isa);
        hash.Add(Workers);
        foreach (Shape shape in InputShapes)
        {
            hash.Add(shape);
        }

        return hash.ToHashCode();
    }
}

/// <summary>
/// The plans that were used last, so that sessions of equal shapes share one. Sessions keep the plan that they run, so one that is dropped
/// here is only made anew for the next session. Safe for any number of threads; each plan is made once.
/// </summary>
internal sealed class PlanCache
{
    /// <summary>The most plans that are kept.</summary>
    public const int Capacity = 16;

    private readonly Lock _lock = new();

    // The plan used last is at the end.
    private readonly List<(PlanKey Key, Lazy<Plan> Plan)> _plans = [];

    /// <summary>The number of plans that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _plans.Count;
            }
        }
    }

    /// <summary>The plan of a key, made if it is not there.</summary>
    public Plan Get(PlanKey key, Func<Plan> make)
    {
        Lazy<Plan> plan;
        lock (_lock)
        {
            int index = _plans.FindIndex(entry => entry.Key.Equals(key));
            plan = index >= 0 ? _plans[index].Plan : new Lazy<Plan>(make);
            if (index >= 0)
            {
                _plans.RemoveAt(index);
            }
            else if (_plans.Count == Capacity)
            {
                _plans.RemoveAt(0);
            }

            _plans.Add((key, plan));
        }

        try
        {
            return plan.Value;
        }
        catch
        {
            // A Lazy keeps its exception; the next caller shall get a fresh try and a fresh stack.
            lock (_lock)
            {
                _plans.RemoveAll(entry => ReferenceEquals(entry.Plan, plan));
            }

            throw;
        }
    }

    /// <summary>Forgets all plans.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _plans.Clear();
        }
    }
}
