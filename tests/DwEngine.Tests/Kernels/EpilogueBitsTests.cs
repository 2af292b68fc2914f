using System.Runtime.InteropServices;
using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Kernels.Elementwise;
using DwEngine.Kernels.Elementwise.Operators;
using DwEngine.Testing;
using DwEngine.Tests.Kernels.Cases;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>A convolution with an epilogue has the bits of kernels that run one after the other.</summary>
public class EpilogueBitsTests
{
    public static TheoryData<int, string> Rows => new(
        KernelChecks.SupportedRows().Select(row => row.Data).Where(row => KernelTable.Rows[row.Item1] is KernelRow<ConvolutionProblem>));

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_convolution_that_finishes_its_sums_has_the_bits_of_kernels_one_after_the_other(int row, string name)
    {
        Assert.Equal(name, KernelTable.Rows[row].ToString());
        KernelChecks.ForAll(
            row, TestSpeed.IsSlow ? 20 : 80, (subject, problem) => HasTheBitsOfItsParts(subject, (ConvolutionCase)problem));
    }

    [Fact]
    public void Every_activation_can_be_applied_and_tells_its_parameters()
    {
        foreach (UnaryEntry entry in OperatorTable.Entries.OfType<UnaryEntry>())
        {
            IUnaryOperator operation = UnaryCase.Make(entry);
            Activation? activation = Activation.Of(operation);
            Assert.Equal(entry.Traits.IsActivation, activation is not null);
            Assert.Equal(entry.Traits.IsActivation, operation.AsClamp is not null || operation.FinisherFor(Simd.Isa.Portable) is not null);
            if (activation is { Function: { } function })
            {
                Assert.NotNull(activation.FinisherFor(Simd.Isa.Portable));
                Assert.Equal(function, entry.Create(function.Parameters.AsSpan()));
                Assert.Equal(entry.Traits.Parameters.Length, function.Parameters.Length);
            }
        }
    }

    private static void HasTheBitsOfItsParts(KernelRow row, ConvolutionCase fused)
    {
        float[] input = fused.MakeInput();
        (int planes, int length) = (fused.Outputs.Count, fused.Outputs.Length);
        ConvolutionCase plain = fused with { Activation = Activation.None, HasResidual = false };
        float[] values = Run(plain.Bind(row, new PackedWeights()), plain, fused.Read(input, 0, fused.Sources));
        if (fused.HasResidual)
        {
            var problem = new BinaryProblem(default(Add), planes, length, false, false, Activation.None);
            var operands = new BinaryCase("Add", planes, length, Repeated.None, Clamp.None) { Seed = fused.Seed };
            values = Run(Bind(row, problem), operands, [.. values, .. fused.Read(input, fused.Sources.Count, fused.Outputs)]);
        }

        IUnaryOperator function = fused.Activation.Function
            ?? (fused.Activation.AsClamp is { } clamp ? new Clip(clamp.Low, clamp.High) : throw new InvalidOperationException());
        values = Run(
            Bind(row, new UnaryProblem(function, planes, length)), new UnaryCase("Clip", planes, length) { Seed = fused.Seed }, values);
        float[] found = Run(fused.Bind(row, new PackedWeights()), fused, input);
        Assert.True(
            MemoryMarshal.Cast<float, uint>(found).SequenceEqual(MemoryMarshal.Cast<float, uint>(values)),
            "The bits are not those of the kernels one after the other.");
    }

    private static BoundKernel Bind<TProblem>(KernelRow row, TProblem problem) =>
        KernelTable.Select(row.Isa, problem).Bind(problem, new PackedWeights());

    private static float[] Run(BoundKernel kernel, KernelCase shapes, float[] input)
    {
        using var memory = new ScatteredMemory(shapes, kernel, input, 1, new Random(shapes.Seed));
        kernel.Run(memory.Arguments(0), 0, kernel.TaskCount);
        return memory.ReadOutputs();
    }
}
