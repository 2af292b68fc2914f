using System.Collections.Immutable;
using DwEngine.Decomposition.Calibration;
using DwEngine.Graphs;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>
/// What decomposed layers do to a network's answer: the squared error of its outputs on calibration images, relative to their variance;
/// of several outputs, the mean. Each layer is decomposed alone, on data of the original network, so that layers can be judged in any
/// combination without decomposing them again.
/// </summary>
internal sealed class AnswerErrors
{
    // Images that tell ranks apart; fewer of a large network, so that a trial stays a matter of seconds.
    private const int MostImages = 500, FewestImages = 16;
    private const double MultiplyAddsOfTrial = 4e10;

    // Positions of a layer that tell ranks apart; the layer that is made in the end sees all.
    private const int MostPositions = 1 << 14;

    private readonly Graph _graph;
    private readonly IDecompositionMethod _method;
    private readonly DecompositionOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly Calibrator _calibrator;
    private readonly Dictionary<(string Site, int Rank), ImmutableArray<ConvolutionPair>> _pairs = [];
    private readonly float[][] _images;
    private readonly string[] _outputs;
    private readonly float[][][] _answers;
    private readonly double[] _variances;

    /// <summary>Runs the original network on the images.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="method">How layers are decomposed.</param>
    /// <param name="options">What is wanted; with images.</param>
    /// <param name="sites">The layers, in the order in which they will be tried.</param>
    /// <param name="cancellation">Ends the work between two images.</param>
    /// <exception cref="DecompositionException">The network has no output whose error could be told.</exception>
    public AnswerErrors(
        Graph graph, IDecompositionMethod method, DecompositionOptions options, IEnumerable<DecompositionSite> sites,
        CancellationToken cancellation)
    {
        (_graph, _method, _options, _cancellation) = (graph, method, options, cancellation);
        CalibrationOptions calibration = options.Calibration;
        _calibrator = new Calibrator(
            graph,
            options.Images!,
            calibration with { PositionsPerLayer = Math.Min(calibration.PositionsPerLayer, MostPositions) },
            sites);
        GraphFacts facts = graph.Infer();
        _outputs =
        [
            .. graph.Outputs.Where(output => facts[output.Value].Type == ElementType.Float32).Select(output => output.Name),
        ];
        double most = MultiplyAddsOfTrial / Math.Max(1, facts.TotalMultiplyAdds);
        int length = checked((int)graph.Inputs[0].DefaultShape.With(0, 1).ElementCount);
        // Held are the images, and the answers of two networks.
        long held = sizeof(float) * (length + (2 * graph.Outputs.Sum(output => facts[output.Value].Shape.ElementCount)));
        most = Math.Min(most, (double)options.Calibration.ActivationBytes / held);
        int count = Math.Min(options.Images!.Count, (int)Math.Clamp(most, FewestImages, MostImages));
        _images = new float[count][];
        Workers.For(count, options.Calibration.Threads, () => 0, (_, image) => Read(image), _ => { }, cancellation);
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

    /// <summary>The errors of a layer that is decomposed alone. Sites must come in the order that was announced, each once.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="ranks">The ranks, all from 1 on.</param>
    /// <returns>The error of each rank; that of 0, the layer as it is, is 0.</returns>
    public double[] ErrorsOf(DecompositionSite site, int ranks)
    {
        ImmutableArray<LayerSamples> samples = _calibrator.Next(null, _cancellation);
        double[] errors = new double[ranks + 1];
        if (ranks == 0)
        {
            return errors;
        }

        ImmutableArray<CompositeConvolution> targets = site.Fold();
        ImmutableArray<LayerData> data = [.. samples.Select(group => new LayerData(group.Accumulate(), group))];
        for (int rank = 1; rank <= ranks; rank++)
        {
            _cancellation.ThrowIfCancellationRequested();
            _pairs[(site.Name, rank)] =
                [.. LayerDecomposer.Solve(_method, targets, data, rank).Select(result => result.Pair)];
            errors[rank] = ErrorOf([(site, rank)]);
        }

        return errors;
    }

    /// <summary>The error of the network with some layers decomposed, at ranks whose errors were asked for.</summary>
    /// <param name="plan">The layers and their ranks; 0 for one that stays as it is.</param>
    public double ErrorOf(IEnumerable<(DecompositionSite Site, int Rank)> plan)
    {
        var rewriter = new GraphRewriter(_graph);
        foreach ((DecompositionSite site, int rank) in plan.Where(layer => layer.Rank > 0))
        {
            site.Replace(rewriter, _pairs[(site.Name, rank)]);
        }

        float[][][] answers = Run(rewriter.ToGraph());
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

    // Of each image, the elements of each output.
    private float[][][] Run(Graph graph)
    {
        float[][][] answers = new float[_images.Length][][];
        var model = new Model(graph);
        string input = graph.Inputs[0].Name;
        var options = new SessionOptions { InputShape = graph.Inputs[0].DefaultShape.With(0, 1) };
        Workers.For(
            _images.Length,
            _options.Calibration.Threads,
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
