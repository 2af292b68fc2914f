using DwEngine.Kernels.Resampling;

namespace DwEngine.Graphs.Layers;

/// <summary>One axis of a <see cref="Resize"/>.</summary>
/// <param name="Length">Elements of the input.</param>
/// <param name="Outputs">Elements of the output.</param>
/// <param name="Scale">Elements of the output for one of the input.</param>
/// <param name="Start">Where the region begins, for <see cref="ResizeCoordinates.TfCropAndResize"/>; 0 is the first element, 1 the
/// last.</param>
/// <param name="End">Where it ends.</param>
internal readonly record struct ResizedAxis(int Length, int Outputs, double Scale, double Start = 0, double End = 1)
{
    /// <summary>Whether the output is not the input as it is.</summary>
    public bool IsResized(ResizeOptions options) => Outputs != Length || Scale != 1
        || (options.Coordinates == ResizeCoordinates.TfCropAndResize && (Start != 0 || End != 1));

    /// <summary>The index of the element that counts at a place, or -1 outside.</summary>
    public int Nearest(int output, ResizeOptions options)
    {
        if (!IsResized(options))
        {
            return output;
        }

        double place = PlaceOf(output, options);
        if (IsOutside(place, options))
        {
            return -1;
        }

        double index = options.Rounding switch
        {
            ResizeRounding.Floor => Math.Floor(place),
            ResizeRounding.Ceil => Math.Ceiling(place),
            ResizeRounding.RoundPreferCeil => Math.Floor(place + 0.5),
            _ => Math.Ceiling(place - 0.5),
        };
        return (int)Math.Clamp(index, 0, Length - 1);
    }

    /// <summary>The elements of which each output is a sum, and their weights.</summary>
    public ResampledAxis Resample(ResizeOptions options)
    {
        if (!IsResized(options))
        {
            return ResampledAxis.Identity(Length);
        }

        // The filter reaches one element to each side for linear interpolation, two for cubic; more if it is widened.
        double stretch = options.Antialias ? Math.Min(Scale, 1) : 1, reach = options.Mode == ResizeMode.Linear ? 1 : 2;
        int first = checked((int)Math.Floor(-reach / stretch) + 1), taps = checked(2 - (2 * first));
        int[] indices = new int[checked(Outputs * taps)];
        float[] weights = new float[indices.Length];
        bool[] outside = new bool[Outputs];
        double[] exact = new double[taps];
        for (int output = 0; output < Outputs; output++)
        {
            double place = PlaceOf(output, options), below = Math.Floor(place), sum = 0;
            outside[output] = IsOutside(place, options);
            for (int tap = 0; tap < taps; tap++)
            {
                double index = below + first + tap;
                bool counts = !options.ExcludeOutside || (index >= 0 && index < Length);
                exact[tap] = counts ? Filter((index - place) * stretch, options) : 0;
                sum += exact[tap];
                indices[(output * taps) + tap] = (int)Math.Clamp(index, 0, Length - 1);
            }

            double total = options.ExcludeOutside || options.Antialias ? sum : 1;
            for (int tap = 0; tap < taps; tap++)
            {
                weights[(output * taps) + tap] = (float)(exact[tap] / total);
            }
        }

        return new ResampledAxis(Length, taps, indices, weights, outside);
    }

    private static double Filter(double distance, ResizeOptions options)
    {
        double x = Math.Abs(distance), a = options.CubicCoefficient;
        return options.Mode == ResizeMode.Linear ? Math.Max(0, 1 - x)
            : x <= 1 ? ((((a + 2) * x) - (a + 3)) * x * x) + 1
            : x < 2 ? ((((((a * x) - (5 * a)) * x) + (8 * a)) * x) - (4 * a))
            : 0;
    }

    // The place in the input, where 0 is the middle of the first element.
    private double PlaceOf(int output, ResizeOptions options)
    {
        // Not a whole number where the scale makes none: ONNX aligns corners that lie between elements.
        double resized = Scale * Length;
        switch (options.Coordinates)
        {
            case ResizeCoordinates.HalfPixelSymmetric:
                return (Length / 2.0 * (1 - (Outputs / resized))) + ((output + 0.5) / Scale) - 0.5;
            case ResizeCoordinates.PytorchHalfPixel:
                return Outputs == 1 ? 0 : ((output + 0.5) / Scale) - 0.5;
            case ResizeCoordinates.AlignCorners:
                return resized == 1 || Outputs == 1 ? 0 : output * (Length - 1) / (resized - 1);
            case ResizeCoordinates.Asymmetric:
                return output / Scale;
            case ResizeCoordinates.TfHalfPixelForNn:
                return (output + 0.5) / Scale;
            case ResizeCoordinates.TfCropAndResize:
                return Outputs == 1
                    ? 0.5 * (Start + End) * (Length - 1)
                    : (Start * (Length - 1)) + (output * (End - Start) * (Length - 1) / (Outputs - 1));
            default:
                return ((output + 0.5) / Scale) - 0.5;
        }
    }

    private bool IsOutside(double place, ResizeOptions options) =>
        options.Coordinates == ResizeCoordinates.TfCropAndResize && (place < 0 || place > Length - 1);
}
