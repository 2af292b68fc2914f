using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Simd;

namespace DwEngine.Planning;

/// <summary>A step and the problem that it solves, so that it can be joined with others.</summary>
/// <param name="Step">The step.</param>
/// <param name="Problem">What the kernel was bound to.</param>
internal readonly record struct SolvedStep(PlanStep Step, object? Problem);

/// <summary>
/// Joins a depthwise convolution with the convolutions before and after it where nobody else reads what lies between them and one
/// kernel computes them faster together. The bits stay the same.
/// </summary>
internal sealed class SeparableSteps(Isa isa, PackedWeights weights, ImmutableArray<SolvedStep> steps)
{
    /// <summary>The steps, some of them joined.</summary>
    public ImmutableArray<PlanStep> Join()
    {
        ImmutableArray<PlanStep>.Builder joined = ImmutableArray.CreateBuilder<PlanStep>(steps.Length);
        for (int first = 0; first < steps.Length;)
        {
            int count = 1;
            PlanStep step = steps[first].Step;
            foreach (int length in new[] { 3, 2 })
            {
                if (count == 1 && TryJoin(first, length) is { } together)
                {
                    (step, count) = (together, length);
                }
            }

            joined.Add(step);
            first += count;
        }

        return joined.ToImmutable();
    }

    private PlanStep? TryJoin(int first, int count)
    {
        int end = first + count;
        if (end > steps.Length)
        {
            return null;
        }

        ImmutableArray<SolvedStep> range = steps[first..end];
        int depthwise = Enumerable.Range(0, count).FirstOrDefault(i => IsDepthwise(range[i].Problem), -1);
        if (depthwise < 0 || depthwise > 1 || count - depthwise > 2)
        {
            return null;
        }

        var problem = new SeparableProblem(
            depthwise == 1 ? range[0].Problem as ConvolutionProblem : null,
            (ConvolutionProblem)range[depthwise].Problem!,
            depthwise + 1 < count ? range[depthwise + 1].Problem as ConvolutionProblem : null);
        bool isWhole = (problem.Expansion is not null) == (depthwise == 1) && (problem.Projection is not null) == (depthwise + 1 < count);
        if (!isWhole || !problem.Pays || KernelTable.Find(isa, problem) is not { } row
            || !Enumerable.Range(first, count - 1).All(OnlyNextReads))
        {
            return null;
        }

        PlanStep last = range[^1].Step;
        ImmutableArray<PlaneAddress> residual = problem.HasResidual ? last.Inputs[range[^2].Step.Outputs.Length..] : [];
        return new PlanStep(
            NameOf(range),
            row.Bind(problem, weights),
            [.. range[0].Step.Inputs, .. residual],
            last.Outputs,
            last.OutputShape,
            range.Sum(solved => solved.Step.MultiplyAdds))
        {
            Nodes = [.. range.Select(solved => solved.Step.Name)],
        };
    }

    private static bool IsDepthwise(object? problem) => problem is ConvolutionProblem { Geometry: { Groups: > 1, GroupInputChannels: 1 } };

    // Whether a step's outputs are what the next one reads, in their order, and no other step names their buffers.
    private bool OnlyNextReads(int index)
    {
        ReadOnlySpan<PlaneAddress> written = steps[index].Step.Outputs.AsSpan(), read = steps[index + 1].Step.Inputs.AsSpan();
        if (read.Length < written.Length || !read[..written.Length].SequenceEqual(written))
        {
            return false;
        }

        HashSet<int> buffers = [.. steps[index].Step.Outputs.Select(address => address.Buffer)];
        for (int other = 0; other < steps.Length; other++)
        {
            PlanStep step = steps[other].Step;
            ReadOnlySpan<PlaneAddress> inputs = other == index + 1 ? step.Inputs.AsSpan(written.Length..) : step.Inputs.AsSpan();
            if (Names(inputs, buffers) || (other != index && Names(step.Outputs.AsSpan(), buffers)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Names(ReadOnlySpan<PlaneAddress> addresses, HashSet<int> buffers)
    {
        foreach (PlaneAddress address in addresses)
        {
            if (buffers.Contains(address.Buffer))
            {
                return true;
            }
        }

        return false;
    }

    // What the names begin with alike is said once.
    private static string NameOf(ImmutableArray<SolvedStep> range)
    {
        string first = range[0].Step.Name;
        int alike = range.Skip(1).Min(solved => first.AsSpan().CommonPrefixLength(solved.Step.Name));
        int place = first.LastIndexOfAny(['/', '.'], Math.Min(alike, first.Length - 1)) + 1;
        place = Math.Min(place, alike);
        return string.Join(" + ", range.Select((solved, i) => i == 0 ? solved.Step.Name : solved.Step.Name[place..]));
    }
}
