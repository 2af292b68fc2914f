using DwEngine.Decomposition.Threading;
using DwEngine.Graphs;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>
/// How far the answer of another network is from that of the original: the squared error of the outputs of float32 on calibration images,
/// relative to their variance; of several outputs, the mean.
/// </summary>
internal sealed class AnswerMeter
{
    // Images that tell ranks apart; fewer of a large network, so that a trial stays a matter of seconds.
    private const int MostImages = 500, FewestImages = 16;
    private const double MultiplyAddsOfTrial = 4e10;

    private readonly int _threads;
    private readonly CancellationToken _cancellation;
    private readonly float[][] _images;
    private readonly string[] _outputs;
    private readonly float[][][] _answers;
    private readonly double[] _variances;

    /// <summary>Runs the original network on the images.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="options">With images.</param>
    /// <param name="cancellation">Ends the work between two images.</param>
    /// <param name="mostImages">Images at most, the first ones.</param>
    /// <exception cref="DecompositionException">The network has no output whose error could be told.</exception>
    public AnswerMeter(Graph graph, DecompositionOptions options, CancellationToken cancellation, int mostImages = int.MaxValue)
    {
        (_threads, _cancellation) = (options.Calibration.Threads, cancellation);
        GraphFacts facts = graph.Infer();
        _outputs =
        [
            .. graph.Outputs.Where(output => facts[output.Value].Type == ElementType.Float32).Select(output => output.Name),
        ];
        int length = LengthOf(graph), count = ImagesFor(graph, options, mostImages);
        _images = new float[count][];
        Workers.For(count, _threads, () => 0, (_, image) => Read(image), _ => { }, cancellation);
        _answers = Run(graph);
        _variances = [.. Enumerable.Range(0, _outputs.Length).Select(output => Variance(_answers.Select(answer => answer[output])))];
        if (!_variances.Any(variance => variance > 0))
        {
            throw new DecompositionException(
                "Each output of float32 is one number on all calibration images, so that ranks cannot be chosen by the answer; "
                + "choose them by singular values.");
        }

        void Read(int image)
        {
            _images[image] = new float[length];
            options.Images!.Read(image, _images[image]);
        }
    }

    /// <summary>On how many images answers are compared. They are the first ones.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="options">With images.</param>
    /// <param name="most">Images at most.</param>
    public static int ImagesFor(Graph graph, DecompositionOptions options, int most)
    {
        GraphFacts facts = graph.Infer();
        double affordable = MultiplyAddsOfTrial / Math.Max(1, facts.TotalMultiplyAdds);
        // Held are the images, and the answers of two networks.
        long held = sizeof(float) * (LengthOf(graph) + (2 * graph.Outputs.Sum(output => facts[output.Value].Shape.ElementCount)));
        affordable = Math.Min(affordable, (double)options.Calibration.ActivationBytes / held);
        return Math.Min(Math.Min(options.Images!.Count, most), (int)Math.Clamp(affordable, FewestImages, MostImages));
    }

    /// <summary>The error of a network with the original's inputs and outputs; infinite if its answer is not finite.</summary>
    public double ErrorOf(Graph graph)
    {
        float[][][] answers = Run(graph);
        double sum = 0;
        int outputs = 0;
        for (int output = 0; output < _outputs.Length; output++)
        {
            if (_variances[output] > 0)
            {
                sum += _answers.Zip(answers, (a, b) => Distance(a[output], b[output])).Sum() / _variances[output];
                outputs++;
            }
        }

        return double.IsFinite(sum) ? sum / outputs : double.PositiveInfinity;
    }

    private static int LengthOf(Graph graph) => checked((int)graph.Inputs[0].DefaultShape.With(0, 1).ElementCount);

    // Of each image, the elements of each output.
    private float[][][] Run(Graph graph)
    {
        float[][][] answers = new float[_images.Length][][];
        var model = new Model(graph);
        string input = graph.Inputs[0].Name;
        var options = new SessionOptions { InputShape = graph.Inputs[0].DefaultShape.With(0, 1) };
        Workers.For(
            _images.Length,
            _threads,
            () => model.CreateSession(options),
            (session, image) =>
            {
                _images[image].CopyTo(session.Input<float>(input));
                session.Run();
                answers[image] = [.. _outputs.Select(output => session.Output<float>(output).ToArray())];
            },
            session => session.Dispose(),
            _cancellation);
        return answers;
    }

    private static double Distance(float[] a, float[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = (double)a[i] - b[i];
            sum += difference * difference;
        }

        return sum;
    }

    // The sum of squared distances of each element to its mean over the images. Images that are all alike, or a single one, tell no more
    // than how elements differ.
    private static double Variance(IEnumerable<float[]> answers)
    {
        float[][] all = [.. answers];
        double variance = Enumerable.Range(0, all[0].Length).Sum(element => Spread([.. all.Select(answer => answer[element])]));
        return variance > 0 ? variance : all.Length * Spread(all[0]);
    }

    private static double Spread(float[] values)
    {
        double mean = values.Average(value => (double)value);
        return values.Sum(value => (value - mean) * (value - mean));
    }
}
