using DwEngine.Cli.Input;
using DwEngine.Cli.Output;
using DwEngine.Models;
using DwEngine.Runtime;

namespace DwEngine.Cli.Evaluation;

/// <summary>What a network says of a set of images.</summary>
internal sealed class LogitTable
{
    private readonly float[][] _logits;

    private LogitTable(float[][] logits) => _logits = logits;

    /// <summary>Runs a model over images.</summary>
    /// <exception cref="CommandException">A logit is not finite.</exception>
    public static LogitTable Of(Model model, ICalibrationImages images, CancellationToken cancellation)
    {
        using Session session = model.CreateSession();
        float[] input = new float[session.InputShape.ElementCount];
        float[][] logits = new float[images.Count][];
        for (int i = 0; i < logits.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            images.Read(i, input);
            logits[i] = new float[session.OutputShape.ElementCount];
            session.Run(input, logits[i]);
            RawFloats.RequireFiniteOutput($"image {i}", logits[i]);
        }

        return new LogitTable(logits);
    }

    /// <summary>The share of images to which the other gives the same first answer.</summary>
    public double AgreementWith(LogitTable other) =>
        (double)_logits.Zip(other._logits).Count(pair => Ranking.Best(pair.First) == Ranking.Best(pair.Second)) / _logits.Length;

    /// <summary>The squared distance of these logits to those of a reference, relative to the squared norm of the latter.</summary>
    public double ErrorAgainst(LogitTable reference)
    {
        double distance = 0, norm = 0;
        foreach ((float[] own, float[] wanted) in _logits.Zip(reference._logits))
        {
            for (int i = 0; i < own.Length; i++)
            {
                double difference = (double)own[i] - wanted[i];
                distance += difference * difference;
                norm += (double)wanted[i] * wanted[i];
            }
        }

        return distance / norm;
    }
}
