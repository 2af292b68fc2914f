using DwEngine.Graphs;
using DwEngine.Runtime;

namespace DwEngine.DecompositionExperiments;

/// <summary>How far the outputs of other networks are from those of the original, on images that no method has seen.</summary>
internal sealed class AnswerMeasure
{
    private readonly ImageSet _images;
    private readonly float[][][] _answers;
    private readonly double[] _variances;

    public AnswerMeasure(Graph original, ImageSet images)
    {
        _images = images;
        _answers = Run(original);
        _variances = [.. Enumerable.Range(0, original.Outputs.Length).Select(Variance)];
    }

    /// <summary>The squared error of the outputs, relative to their variance over the images; of several outputs, the mean.</summary>
    public double ErrorOf(Graph graph)
    {
        float[][][] answers = Run(graph);
        return Enumerable.Range(0, _variances.Length).Average(output => _answers.Zip(answers, (expected, actual) =>
            expected[output].Zip(actual[output], (a, b) => ((double)a - b) * ((double)a - b)).Sum()).Sum() / _variances[output]);
    }

    private double Variance(int output) => Enumerable.Range(0, _answers[0][output].Length).Sum(element =>
    {
        double mean = _answers.Average(answer => (double)answer[output][element]);
        return _answers.Sum(answer => (answer[output][element] - mean) * (answer[output][element] - mean));
    });

    // By image and output.
    private float[][][] Run(Graph graph)
    {
        using var model = new Model(graph);
        using Session session = model.CreateSession(new SessionOptions
        {
            InputShape = graph.Inputs[0].DefaultShape.With(0, 1),
            Threads = Environment.ProcessorCount,
        });
        float[][][] answers = new float[_images.Count][][];
        for (int image = 0; image < answers.Length; image++)
        {
            _images[image].CopyTo(session.Input<float>(graph.Inputs[0].Name));
            session.Run();
            answers[image] = [.. graph.Outputs.Select(output => session.Output<float>(output.Name).ToArray())];
        }

        return answers;
    }
}
