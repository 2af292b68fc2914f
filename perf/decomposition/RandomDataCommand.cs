using System.CommandLine;
using DwEngine.Decomposition;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.DecompositionExperiments;

/// <summary><c>random</c>: relative error against multiply-adds on random data.</summary>
internal static class RandomDataCommand
{
    private static readonly int[] s_ranks = [1, 2, 3, 4, 6];

    public static Command Create()
    {
        var channels = new Option<int>("--channels") { DefaultValueFactory = _ => 58, Description = "Input and output channels." };
        var positions = new Option<int>("--positions") { DefaultValueFactory = _ => 4000, Description = "Positions to calibrate on." };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "Seed of weights and data." };
        var command = new Command("random", "Relative error against multiply-adds on random data.") { channels, positions, seed };
        command.SetAction(parse => Run(parse.GetValue(channels), parse.GetValue(positions), parse.GetValue(seed)));
        return command;
    }

    private static void Run(int channels, int positions, int seed)
    {
        var data = new RandomData(channels, seed);
        CompositeConvolution convolution = data.Convolution(channels);
        Print("White inputs", convolution, data.White(positions), data.White(positions), null);
        Print("Correlated, rectified inputs", convolution, data.Correlated(positions), data.Correlated(positions), null);

        // The layer before, pointwise, has been made worse: its outputs carry an error that depends on what they should be.
        Func<Matrix, Matrix> worse = Distortion(new RandomData(channels, seed + 1), channels);
        Print("Asymmetric data: correlated inputs that a change of the layer before has distorted", convolution, data.Correlated(positions),
            data.Correlated(positions), worse);
    }

    private static void Print(
        string title, CompositeConvolution convolution, Matrix known, Matrix unseen, Func<Matrix, Matrix>? distort)
    {
        Console.WriteLine(
            $"{Environment.NewLine}{title}: E || y - y^ ||^2 / E || y ||^2 on {unseen.Rows} positions that the methods have not seen (in "
                + $"brackets: "
            + $"after ReLU), {convolution.Outputs} x {convolution.Inputs} x 3 x 3 by {known.Rows} positions.{Environment.NewLine}");
        LayerSamples original = RandomData.Samples(known, known, convolution);
        LayerSamples asymmetric = distort is null ? original : RandomData.Samples(distort(known), known, convolution);
        Matrix responses = RandomData.Respond(convolution, unseen);
        Matrix patches = distort is null ? unseen : distort(unseen);

        // Without a distortion the asymmetric methods are the same as others.
        IDecompositionMethod[] methods =
            [.. DecompositionMethods.All.Where(method => distort is not null || method.Needs < CalibrationData.Asymmetric)];
        var table = new MarkdownTable(["T", "multiply-adds", .. methods.Select(method => method.Name), "joint, rectified"]);
        foreach (int rank in s_ranks)
        {
            long cost = rank * (long)convolution.Inputs * (convolution.Taps + convolution.Outputs);
            table.Row(
            [
                $"{rank}",
                $"{MarkdownTable.Fixed(100.0 * cost / convolution.MultiplyAddsPerPosition, 1)} %",
                .. methods.Select(method => Measure(method, isRectified: false)),
                Measure(DecompositionMethods.Find("joint"), isRectified: true),
            ]);

            string Measure(IDecompositionMethod method, bool isRectified)
            {
                LayerSamples samples = method.Wants == CalibrationData.Asymmetric ? asymmetric : original;
                ConvolutionPair pair = method.Decompose(new DecompositionRequest(convolution, rank)
                {
                    Statistics = method.Needs == CalibrationData.None ? null : samples.Accumulate(),
                    Samples = isRectified ? samples : null,
                }).Pair;
                return Errors(responses, pair.Respond(patches));
            }
        }
    }

    private static string Errors(Matrix expected, Matrix actual)
    {
        double error = 0, energy = 0, rectifiedError = 0, rectifiedEnergy = 0;
        for (int i = 0; i < expected.Values.Length; i++)
        {
            (double y, double response) = (expected.Values[i], actual.Values[i]);
            error += (y - response) * (y - response);
            energy += y * y;
            double rectified = Math.Max(0, y) - Math.Max(0, response);
            rectifiedError += rectified * rectified;
            rectifiedEnergy += Math.Max(0, y) * Math.Max(0, y);
        }

        return $"{MarkdownTable.Fixed(error / energy, 3)} ({MarkdownTable.Fixed(rectifiedError / rectifiedEnergy, 3)})";
    }

    // x' = max(0, x + 0.3 M x) over the channels of each pixel, M random with rows of unit length.
    private static Func<Matrix, Matrix> Distortion(RandomData random, int channels)
    {
        const double strength = 0.3;
        Matrix mixing = random.White(channels).Block(0, 0, channels, channels);
        for (int row = 0; row < channels; row++)
        {
            double norm = 0;
            foreach (double value in mixing.Row(row))
            {
                norm += value * value;
            }

            foreach (ref double value in mixing.Row(row))
            {
                value *= strength / Math.Sqrt(norm);
            }

            mixing[row, row] += 1;
        }

        return patches =>
        {
            Matrix result = new(patches.Rows, patches.Columns);
            int taps = patches.Columns / channels;
            for (int row = 0; row < patches.Rows; row++)
            {
                Matrix patch = new(channels, taps, patches.Row(row).ToArray());
                Matrix mixed = mixing.Multiply(patch);
                for (int i = 0; i < mixed.Values.Length; i++)
                {
                    result.Row(row)[i] = Math.Max(0, mixed.Values[i]);
                }
            }

            return result;
        };
    }
}
