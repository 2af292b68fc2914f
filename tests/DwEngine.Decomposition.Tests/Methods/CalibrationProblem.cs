using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Fitting;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Decomposition.Tests.LinearAlgebra;
using DwEngine.Kernels;
using FsCheck;
using FsCheck.Fluent;

namespace DwEngine.Decomposition.Tests.Methods;

/// <summary>
/// A random convolution and samples of correlated, rectified inputs, of which some kinds do not determine the weights. Asymmetric ones
/// answer to other inputs than those that the samples hold.
/// </summary>
public sealed record CalibrationProblem(int Inputs, int KernelHeight, int KernelWidth, int Outputs, int Positions, string Kind, int Seed)
{
    public const string Plain = "plain";
    public const string DeadChannel = "dead channel";
    public const string ConstantChannel = "constant channel";
    public const string FewPositions = "few positions";
    public const string AllConstant = "all constant";

    public static string[] Kinds { get; } = [Plain, DeadChannel, ConstantChannel, FewPositions, AllConstant];

    public CompositeConvolution Convolution { get; } = new(
        MatrixSamples.Gaussian(Outputs, Inputs * KernelHeight * KernelWidth, new Random(Seed)),
        MatrixSamples.Gaussian(1, Outputs, new Random(Seed + 1)).Values.ToArray(),
        KernelHeight,
        KernelWidth);

    public LayerSamples Samples(Clamp? activation = null, int threads = 1, bool isAsymmetric = false)
    {
        Matrix original = Patches();
        Matrix responses = Respond(Convolution, original);
        Matrix seen = original.Clone();
        Random random = new(Seed + 2);
        for (int i = 0; i < seen.Values.Length && isAsymmetric; i++)
        {
            seen.Values[i] *= 0.8 + (0.4 * random.NextDouble());
        }

        return new LayerSamples(seen.Columns, Outputs, Narrow(seen), Narrow(responses), activation ?? Clamp.None, threads);
    }

    public DecompositionRequest Request(int rank, LayerSamples samples, bool withSamples = false) => new(Convolution, rank)
    {
        Statistics = samples.Accumulate(),
        Samples = withSamples ? samples : null,
    };

    /// <summary>What a pair is fitted to without samples.</summary>
    internal ResponseProblem Response(LayerSamples samples)
    {
        LayerMoments moments = samples.Accumulate().ToMoments(centred: true);
        return ResponseProblem.Of(moments, Convolution.Taps).WithPrior(Convolution.Weights, ResponseProblem.PriorStrength(moments));
    }

    public static Matrix Respond(CompositeConvolution convolution, Matrix patches)
    {
        Matrix responses = patches.MultiplyTranspose(convolution.Weights);
        for (int row = 0; row < responses.Rows; row++)
        {
            VectorOperations.AddScaled(1, convolution.Bias, responses.Row(row));
        }

        return responses;
    }

    public Matrix Patches()
    {
        Random random = new(Seed + 3);
        int taps = KernelHeight * KernelWidth, patch = Inputs * taps, sources = Math.Max(1, patch / 3);
        int positions = Kind == FewPositions ? Math.Max(1, patch / 2) : Positions;
        Matrix patches = MatrixSamples.Gaussian(positions, sources, random).Multiply(MatrixSamples.Gaussian(sources, patch, random));
        Matrix noise = MatrixSamples.Gaussian(positions, patch, random);
        for (int i = 0; i < patches.Values.Length; i++)
        {
            patches.Values[i] = Math.Max(0, patches.Values[i] + (0.3 * noise.Values[i]));
        }

        for (int row = 0; row < positions; row++)
        {
            switch (Kind)
            {
                case DeadChannel:
                    patches.Row(row)[..taps].Clear();
                    break;
                case ConstantChannel:
                    patches.Row(row)[..taps].Fill(1.5);
                    break;
                case AllConstant:
                    patches.Row(row).Fill(0.5);
                    break;
            }
        }

        return patches;
    }

    private static float[] Narrow(Matrix matrix) => Array.ConvertAll(matrix.Values.ToArray(), value => (float)value);
}

/// <summary>Generators for <see cref="CalibrationProblem"/>; named in the Properties attribute of the test classes.</summary>
public static class CalibrationProblems
{
    public static Arbitrary<CalibrationProblem> CalibrationProblem() =>
        (from inputs in Gen.Choose(1, 5)
         from height in Gen.Choose(1, 3)
         from width in Gen.Choose(1, 3)
         from outputs in Gen.Choose(1, 7)
         from positions in Gen.Choose(20, 300)
         from kind in Gen.Elements(Methods.CalibrationProblem.Kinds)
         from seed in Gen.Choose(0, 1_000_000)
         select new CalibrationProblem(inputs, height, width, outputs, positions, kind, seed)).ToArbitrary();
}
