using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Passes;
using DwEngine.Planning;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Planning;

/// <summary>
/// How much of the work of a whole network is spent on padding: arithmetic of the plan, so asked for every instruction set.
/// </summary>
public class PaddedWorkTests
{
    // Of what the layers define.
    private const double MostPadding = 0.08;

    private static readonly Lazy<Graph> s_network = new(() =>
    {
        var architecture = new ShuffleNetV2Dimensions { Channels = [24, 116, 232, 464, 1024], Classes = 1000 };
        return PassPipeline.Inference.Run(architecture.BuildGraph(ShuffleNetV2Weights.Random(architecture), 224));
    });

    [Theory]
    [InlineData(Isa.Avx512)]
    [InlineData(Isa.Avx2)]
    [InlineData(Isa.Neon)]
    [InlineData(Isa.Portable)]
    public void ShuffleNet_spends_little_work_on_padding(Isa isa)
    {
        Graph network = s_network.Value;
        Plan plan = Planner.Build(network, [new Shape(1, 3, 224, 224)], isa, new PackedWeights());
        long defined = plan.Steps.Sum(step => step.MultiplyAdds);
        long issued = plan.Steps.Sum(step => step.Kernel.IssuedMultiplyAdds ?? 0);

        Assert.Equal(network.Infer().TotalMultiplyAdds, defined);
        Assert.All(plan.Steps, step => Assert.True((step.Kernel.IssuedMultiplyAdds ?? 0) >= step.MultiplyAdds, step.Name));
        Assert.InRange(issued, defined, (long)((1 + MostPadding) * defined));
    }
}
