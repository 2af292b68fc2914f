using System.Collections.Immutable;
using System.Globalization;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Decomposition.Trials;

/// <summary>
/// Reads and writes <see cref="DecompositionTrials"/> as a safetensors file. <c>trials</c> holds the version and
/// <see cref="DecompositionTrials.Source"/>, <c>plans</c> and <c>plan_errors</c> the combinations, and for each layer there are
/// <c>KEY:figures</c> and, for each group, <c>KEY:GROUP:form</c>, <c>:spatial</c>, <c>:pointwise</c> and <c>:bias</c>. Weights are of
/// single precision, as networks have them.
/// </summary>
public static class TrialsFile
{
    /// <summary>The version that is written, and the only one that is read.</summary>
    public const int Version = 2;

    private const string HeaderName = "trials", PlansName = "plans", ErrorsName = "plan_errors", Figures = ":figures";

    /// <summary>Writes trials; the file appears complete or not at all.</summary>
    /// <param name="path">A file with the extension <c>.safetensors</c>; what stood there before is replaced.</param>
    /// <param name="trials">What to write.</param>
    /// <exception cref="FileFormatException">The extension is another, or the file cannot be written.</exception>
    public static void Save(string path, DecompositionTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        var tensors = new StateDict();
        tensors.Add(HeaderName, NumberTensors.Of(Version, unchecked((long)trials.Source)));
        (ulong Key, double Error)[] errors = [.. trials.Errors.Select(plan => (plan.Key, plan.Value)).OrderBy(plan => plan.Key)];
        tensors.Add(PlansName, NumberTensors.Of([.. errors.Select(plan => unchecked((long)plan.Key))]));
        tensors.Add(ErrorsName, Vector([.. errors.Select(plan => plan.Error)]));
        foreach ((string key, Trial trial) in trials.Layers.OrderBy(layer => layer.Key, StringComparer.Ordinal))
        {
            tensors.Add(key + Figures, Vector([.. trial.Figures]));
            for (int group = 0; group < trial.Pairs.Length; group++)
            {
                ConvolutionPair pair = trial.Pairs[group];
                string name = Name(key, group);
                PairKind kind = pair is ChannelPair ? PairKind.Channel : PairKind.Separable;
                tensors.Add(name + "form", NumberTensors.Of((long)kind, pair is SeparablePair { Rank: var rank } ? rank : 1));
                tensors.Add(name + "spatial", pair.SpatialTensor());
                tensors.Add(name + "pointwise", pair.PointwiseTensor());
                tensors.Add(name + "bias", pair.BiasTensor());
            }
        }

        CheckpointFile.Save(path, new Checkpoint(tensors, new ModelMetadata()));
    }

    /// <summary>Reads trials.</summary>
    /// <param name="path">A file that <see cref="Save"/> wrote.</param>
    /// <exception cref="FileFormatException">The file is missing, unreadable, truncated, corrupt or of another version.</exception>
    public static DecompositionTrials Load(string path)
    {
        StateDict tensors = CheckpointFile.Load(path).Tensors;
        if (!tensors.TryGet(HeaderName, out _))
        {
            throw new FileFormatException(path, "", $"is no file of trials; a tensor '{HeaderName}' was expected");
        }

        var numbers = new NumberTensors(path, tensors);
        var reader = new Reader(path, tensors, numbers);
        long[] header = numbers.Integers(HeaderName, 2);
        if (header[0] != Version)
        {
            throw new FileFormatException(path, HeaderName, $"version {header[0]} of trials; version {Version} was expected");
        }

        var trials = new DecompositionTrials(unchecked((ulong)header[1]));
        long[] plans = numbers.Integers(PlansName, numbers.Length(PlansName));
        double[] errors = numbers.Doubles(ErrorsName, new Shape(plans.Length));
        for (int i = 0; i < plans.Length; i++)
        {
            trials.AddError(unchecked((ulong)plans[i]), errors[i]);
        }

        foreach (string name in tensors.Names.Where(name => name.EndsWith(Figures, StringComparison.Ordinal)))
        {
            string key = name[..^Figures.Length];
            ImmutableArray<double> figures = [.. numbers.Doubles(name, new Shape(numbers.Length(name)))];
            var pairs = ImmutableArray.CreateBuilder<ConvolutionPair>();
            while (tensors.TryGet(Name(key, pairs.Count) + "form", out _))
            {
                pairs.Add(reader.Pair(Name(key, pairs.Count)));
            }

            trials.Add(key, new Trial(pairs.ToImmutable(), figures));
        }

        return trials;
    }

    private static Tensor Vector(ReadOnlySpan<double> values) => NumberTensors.Of(new Shape(values.Length), values);

    private static string Name(string key, int group) => string.Create(CultureInfo.InvariantCulture, $"{key}:{group}:");

    private sealed class Reader(string path, StateDict tensors, NumberTensors numbers)
    {
        public ConvolutionPair Pair(string name)
        {
            long[] form = numbers.Integers(name + "form", 2);
            (Tensor spatial, Matrix rows) = Weights(name + "spatial");
            (_, Matrix pointwise) = Weights(name + "pointwise");
            double[] bias = Widen(name + "bias", numbers.Find(name + "bias", ElementType.Float32, new Shape(pointwise.Rows)));
            (int height, int width) = (spatial.Shape[2], spatial.Shape[3]);
            try
            {
                return form switch
                {
                    [(long)PairKind.Separable, > 0 and <= int.MaxValue and var rank] =>
                        new SeparablePair(rows, pointwise, bias, (int)rank, height, width),
                    [(long)PairKind.Channel, _] => new ChannelPair(rows, pointwise, bias, height, width),
                    _ => throw numbers.Error(name + "form", $"{form[0]} of rank {form[1]}; 0 or 1, and a rank above 0, were expected"),
                };
            }
            catch (ShapeException error)
            {
                throw new FileFormatException(path, $"tensor '{name}spatial'", error.Message, error);
            }
        }

        // One filter in each row.
        private (Tensor Tensor, Matrix Matrix) Weights(string name)
        {
            if (!tensors.TryGet(name, out Tensor? tensor) || tensor.Type != ElementType.Float32 || tensor.Shape.Rank != 4)
            {
                throw numbers.Error(
                    name, $"{(tensor is null ? "missing" : $"{tensor.Type} {tensor.Shape}")}; Float32 of four sizes was expected");
            }

            int rows = tensor.Shape[0];
            return (tensor, new Matrix(rows, rows == 0 ? 0 : tensor.Floats.Length / rows, Widen(name, tensor)));
        }

        private double[] Widen(string name, Tensor tensor)
        {
            double[] values = new double[tensor.Floats.Length];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = tensor.Floats[i];
                if (!double.IsFinite(values[i]))
                {
                    throw numbers.Error(name, $"element {i} is {values[i]}; finite numbers were expected");
                }
            }

            return values;
        }
    }
}
