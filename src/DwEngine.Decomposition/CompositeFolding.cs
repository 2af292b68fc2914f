using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>
/// Makes one regular convolution of a convolution and the linear layers that follow it. What stands between two activations,
/// V (s * (W x + b) + t) + a with batch norm (s, t) and pointwise V, is the convolution with weights V diag(s) W and bias
/// V (s * b + t) + a.
/// </summary>
public static class CompositeFolding
{
    /// <summary>Takes a convolution as it is; between channels of different groups its weights are zero.</summary>
    /// <param name="weights">OIHW: n x (c / groups) x kernel height x kernel width.</param>
    /// <param name="bias">n numbers, or null.</param>
    /// <param name="groups">Groups of channels that do not see each other.</param>
    /// <exception cref="ShapeException">The tensors do not fit each other.</exception>
    /// <exception cref="LinearAlgebraException">A weight or a bias is NaN or infinite.</exception>
    public static CompositeConvolution FromConvolution(Tensor weights, Tensor? bias, int groups = 1)
    {
        RequireConvolution(weights, bias, groups);
        int outputs = weights.Shape[0];
        int groupColumns = weights.Shape[1] * weights.Shape[2] * weights.Shape[3];
        int groupOutputs = outputs / groups;
        Matrix result = new(outputs, checked(groupColumns * groups));
        for (int o = 0; o < outputs; o++)
        {
            int group = o / groupOutputs;
            Widen(weights.Floats.Slice(o * groupColumns, groupColumns), result.Row(o).Slice(group * groupColumns, groupColumns));
        }

        return new CompositeConvolution(result, Widen(bias, 0, outputs), weights.Shape[2], weights.Shape[3]);
    }

    /// <summary>Takes one group of a grouped convolution as a convolution of its own, n / groups channels of c / groups.</summary>
    /// <param name="weights">OIHW: n x (c / groups) x kernel height x kernel width.</param>
    /// <param name="bias">n numbers, or null.</param>
    /// <param name="groups">Groups of channels that do not see each other.</param>
    /// <param name="group">The group to take, from 0.</param>
    /// <exception cref="ShapeException">The tensors do not fit each other, or there is no such group.</exception>
    /// <exception cref="LinearAlgebraException">A weight or a bias is NaN or infinite.</exception>
    public static CompositeConvolution FromGroup(Tensor weights, Tensor? bias, int groups, int group)
    {
        RequireConvolution(weights, bias, groups);
        if (group < 0 || group >= groups)
        {
            throw new ShapeException($"There is no group {group} among {groups}.");
        }

        int outputs = weights.Shape[0] / groups;
        int columns = weights.Shape[1] * weights.Shape[2] * weights.Shape[3];
        Matrix result = new(outputs, columns);
        Widen(weights.Floats.Slice(group * outputs * columns, outputs * columns), result.Values);
        return new CompositeConvolution(result, Widen(bias, group * outputs, outputs), weights.Shape[2], weights.Shape[3]);
    }

    /// <summary>Appends y := scale * y + shift for each output channel, which is what a batch norm with fixed statistics does.</summary>
    /// <param name="convolution">The convolution before it.</param>
    /// <param name="scale">One number for each output channel.</param>
    /// <param name="shift">One number for each output channel.</param>
    /// <exception cref="ShapeException">The vectors do not have one number for each output channel.</exception>
    /// <exception cref="LinearAlgebraException">The result is not finite.</exception>
    public static CompositeConvolution ThenAffine(
        this CompositeConvolution convolution, ReadOnlySpan<double> scale, ReadOnlySpan<double> shift)
    {
        ArgumentNullException.ThrowIfNull(convolution);
        if (scale.Length != convolution.Outputs || shift.Length != convolution.Outputs)
        {
            throw new ShapeException(
                $"{Words.Count(scale.Length, "scale")} and {Words.Count(shift.Length, "shift")} for "
                + $"{Words.Count(convolution.Outputs, "channel")}.");
        }

        Matrix weights = convolution.Weights.Clone();
        double[] bias = convolution.Bias.ToArray();
        for (int o = 0; o < bias.Length; o++)
        {
            VectorOperations.Scale(weights.Row(o), scale[o]);
            bias[o] = (scale[o] * bias[o]) + shift[o];
        }

        return new CompositeConvolution(weights, bias, convolution.KernelHeight, convolution.KernelWidth);
    }

    /// <summary>Appends an ungrouped pointwise convolution of stride 1 without padding, or a matrix over the channels.</summary>
    /// <param name="convolution">The convolution before it, with m output channels.</param>
    /// <param name="weights">n x m x 1 x 1 or n x m.</param>
    /// <param name="bias">n numbers, or null.</param>
    /// <exception cref="ShapeException">The tensors do not fit.</exception>
    /// <exception cref="LinearAlgebraException">The result is not finite.</exception>
    public static CompositeConvolution ThenPointwise(this CompositeConvolution convolution, Tensor weights, Tensor? bias)
    {
        ArgumentNullException.ThrowIfNull(convolution);
        ArgumentNullException.ThrowIfNull(weights);
        Shape shape = weights.Shape;
        bool isPointwise = shape.Rank == 2 || (shape.Rank == 4 && shape[2] == 1 && shape[3] == 1);
        if (!isPointwise || shape[1] != convolution.Outputs)
        {
            throw new ShapeException(
                $"Weights of {shape} after a convolution of {Words.Count(convolution.Outputs, "channel")}; pointwise ones were expected.");
        }

        RequireBias(bias, shape[0]);
        Matrix pointwise = new(shape[0], shape[1]);
        Widen(weights.Floats, pointwise.Values);
        Matrix shifts = new(convolution.Outputs, 1, convolution.Bias.ToArray());
        Matrix total = new(shape[0], 1, Widen(bias, 0, shape[0]));
        MatrixProduct.Add(total, pointwise, false, shifts, false);
        Matrix product = pointwise.Multiply(convolution.Weights);
        return new CompositeConvolution(product, total.Values.ToArray(), convolution.KernelHeight, convolution.KernelWidth);
    }

    private static void RequireConvolution(Tensor weights, Tensor? bias, int groups)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Shape.Rank != 4 || weights.Shape.ElementCount == 0)
        {
            throw new ShapeException($"Convolution weights of {weights.Shape}; four dimensions, none of them zero, were expected.");
        }

        if (groups < 1 || weights.Shape[0] % groups != 0)
        {
            throw new ShapeException($"{weights.Shape[0]} output channels in {groups} groups.");
        }

        RequireBias(bias, weights.Shape[0]);
    }

    private static void RequireBias(Tensor? bias, int outputs)
    {
        if (bias is not null && (bias.Shape.Rank != 1 || bias.Shape[0] != outputs))
        {
            throw new ShapeException($"A bias of {bias.Shape} for {outputs} output channels.");
        }
    }

    private static double[] Widen(Tensor? bias, int start, int count)
    {
        double[] result = new double[count];
        if (bias is not null)
        {
            Widen(bias.Floats.Slice(start, count), result);
        }

        return result;
    }

    private static void Widen(ReadOnlySpan<float> source, Span<double> target)
    {
        for (int i = 0; i < source.Length; i++)
        {
            target[i] = source[i];
        }
    }
}
