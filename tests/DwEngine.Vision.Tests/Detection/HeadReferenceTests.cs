using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision.Detection;
using Xunit;

namespace DwEngine.Vision.Tests.Detection;

/// <summary>Decoders against the formulas of the papers, written plainly in double precision, on random heads.</summary>
public class HeadReferenceTests
{
    private const int Width = 128, Height = 64, Classes = 3;
    private const float MinimumScore = 0.3f;

    private readonly Random _random = new(11);

    [Theory]
    [InlineData(4, 0.0)]
    [InlineData(3, 0.5)]
    public void NanoDet(int levels, double offset)
    {
        int cells = Enumerable.Range(3, levels).Sum(power => (Width >> power) * (Height >> power));
        Shape shape = new(1, cells, Classes + 32);
        float[] values = Heads.Random(_random, shape, -4, 4);
        List<Expected> expected = [];
        int row = 0;
        for (int level = 0; level < levels; level++)
        {
            int stride = 8 << level;
            for (int y = 0; y < Height / stride; y++)
            {
                for (int x = 0; x < Width / stride; x++, row++)
                {
                    Span<float> at = values.AsSpan(row * (Classes + 32), Classes + 32);
                    Probabilities(at[..Classes]);
                    double[] side =
                    [
                        .. Enumerable.Range(0, 4).Select(i => Mean(values, (row * (Classes + 32)) + Classes + (i * 8), 8, 1) * stride),
                    ];
                    double cx = (x + offset) * stride, cy = (y + offset) * stride;
                    Add(expected, at[..Classes].ToArray(), 1, cx - side[0], cy - side[1], cx + side[2], cy + side[3]);
                }
            }
        }

        var decoder = new NanoDetDecoder(Heads.Signature(Width, Height, null, shape));
        Check(expected, Heads.Decode(decoder, MinimumScore, values));
        Assert.Equal(Classes, decoder.ClassCount);
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(3, 32)]
    public void NanoDet_with_outputs_for_each_stride_is_NanoDet_with_one(int levels, int classes)
    {
        int[] cells = [.. Enumerable.Range(3, levels).Select(power => (Width >> power) * (Height >> power))];
        int width = classes + 32, first = 0;
        float[] values = Heads.Random(_random, new Shape(1, cells.Sum(), width), 0, 1);
        List<(SessionValue Output, float[] Values)> parts = [];
        for (int level = 0; level < levels; level++)
        {
            float[][] rows = [.. Enumerable.Range(first, cells[level]).Select(row => values[(row * width)..((row + 1) * width)])];
            parts.Add(Part($"dis_pred_stride_{8 << level}", 32, [.. rows.SelectMany(row => row[classes..])]));
            parts.Add(Part($"cls_pred_stride_{8 << level}", classes, [.. rows.SelectMany(row => row[..classes])]));
            first += cells[level];

            (SessionValue, float[]) Part(string name, int columns, float[] part) =>
                (new SessionValue(name, ElementType.Float32, new Shape(1, cells[level], columns)), part);
        }

        parts = [.. parts.OrderBy(_ => _random.Next())];
        var signature = new DetectorSignature([.. parts.Select(part => part.Output)], Width, Height);
        (DetectorFamily family, IDetectionDecoder decoder) = DetectorFamily.Choose(signature);
        ScoredBox[] expected = Heads.Decode(
            new NanoDetDecoder(Heads.Signature(Width, Height, null, new Shape(1, cells.Sum(), width))), MinimumScore, values);
        Assert.Equal("nanodet", family.Name);
        Assert.Equal(classes, decoder.ClassCount);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Heads.Decode(decoder, MinimumScore, [.. parts.Select(part => part.Values)]));
    }

    [Fact]
    public void NanoDet_heads_that_do_not_belong_together_are_refused()
    {
        SessionValue[] outputs = [.. Enumerable.Range(0, 6).Select(i => new SessionValue(
            $"{i}", ElementType.Float32, new Shape(1, (Width >> (3 + (i / 2))) * (Height >> (3 + (i / 2))), i % 2 == 0 ? 3 : 32)))];
        Assert.Equal(3, new NanoDetStrideDecoder(new DetectorSignature([.. outputs], Width, Height)).ClassCount);
        Refuse([.. outputs[..5], outputs[5] with { Shape = new Shape(1, 8, 31) }]);
        Refuse([.. outputs[..4], outputs[4] with { Shape = new Shape(1, 8, 4) }, outputs[5]]);
        Refuse([.. outputs[..4]]);
        Refuse([.. outputs[..5], outputs[5] with { Shape = new Shape(1, 9, 32) }]);

        static void Refuse(SessionValue[] wrong) => Assert.Contains(
            "strides 8, 16 and 32",
            Assert.Throws<DetectionException>(() => new NanoDetStrideDecoder(new DetectorSignature([.. wrong], Width, Height))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, true, true, null)]
    [InlineData(1, true, true, null)]
    [InlineData(1, false, false, null)]
    [InlineData(1, true, false, Classes)]
    [InlineData(1, false, true, Classes)]
    public void Yolo_with_decoded_boxes(int anchors, bool isInRows, bool hasObjectness, int? known)
    {
        int boxes = anchors * (int)(Width / 8 * (Height / 8) * (1 + 0.25 + 0.0625)), first = hasObjectness ? 5 : 4, width = first + Classes;
        Shape shape = isInRows ? new(1, boxes, width) : new(1, width, boxes);
        float[] values = Heads.Random(_random, shape, 0, 1);
        List<Expected> expected = [];
        for (int i = 0; i < boxes; i++)
        {
            float[] at = new float[width];
            for (int k = 0; k < width; k++)
            {
                int index = isInRows ? (i * width) + k : (k * boxes) + i;
                values[index] *= k < 4 ? 100 : 1;
                at[k] = values[index];
            }

            Add(
                expected, at[first..], hasObjectness ? at[4] : 1,
                at[0] - (at[2] / 2.0), at[1] - (at[3] / 2.0), at[0] + (at[2] / 2.0), at[1] + (at[3] / 2.0));
        }

        var decoder = new YoloDecoder(Heads.Signature(Width, Height, known, shape));
        Check(expected, Heads.Decode(decoder, MinimumScore, values));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Yolo_with_anchors(bool isSplit)
    {
        double[][] anchors =
        [
            [10, 13, 16, 30, 33, 23],
            [30, 61, 62, 45, 59, 119],
            [116, 90, 156, 198, 373, 326],
        ];
        Shape[] shapes = [.. Enumerable.Range(0, 3).Select(level => isSplit
            ? new Shape(1, 3, Height >> (level + 3), Width >> (level + 3), 5 + Classes)
            : new Shape(1, 3 * (5 + Classes), Height >> (level + 3), Width >> (level + 3)))];
        float[][] values = [.. shapes.Select(shape => Heads.Random(_random, shape, -2, 3))];
        List<Expected> expected = [];
        for (int level = 0; level < 3; level++)
        {
            int stride = 8 << level, rows = Height / stride, columns = Width / stride;
            for (int cell = 0; cell < 3 * rows * columns; cell++)
            {
                int anchor = cell / (rows * columns), y = cell / columns % rows, x = cell % columns;
                double[] at = [.. Enumerable.Range(0, 5 + Classes).Select(k => Sigmoid(values[level][isSplit
                    ? (((((anchor * rows) + y) * columns) + x) * (5 + Classes)) + k
                    : (((((anchor * (5 + Classes)) + k) * rows) + y) * columns) + x]))];
                double cx = ((2 * at[0]) - 0.5 + x) * stride, cy = ((2 * at[1]) - 0.5 + y) * stride;
                double w = Math.Pow(2 * at[2], 2) * anchors[level][2 * anchor];
                double h = Math.Pow(2 * at[3], 2) * anchors[level][(2 * anchor) + 1];
                Add(expected, [.. at[5..].Select(value => (float)value)], at[4], cx - (w / 2), cy - (h / 2), cx + (w / 2), cy + (h / 2));
            }
        }

        Check(expected, Heads.Decode(new YoloAnchorDecoder(Heads.Signature(Width, Height, null, shapes)), MinimumScore, values));
    }

    [Fact]
    public void Yolo_with_distributions()
    {
        Shape[] shapes = [.. Enumerable.Range(3, 3).Select(power => new Shape(1, 64 + Classes, Height >> power, Width >> power))];
        float[][] values = [.. shapes.Select(shape => Heads.Random(_random, shape, -4, 2))];
        List<Expected> expected = [];
        for (int level = 0; level < 3; level++)
        {
            int stride = 8 << level, columns = Width / stride, plane = columns * (Height / stride);
            float[] head = values[level];
            for (int cell = 0; cell < plane; cell++)
            {
                double[] side = [.. Enumerable.Range(0, 4).Select(i => Mean(head, (i * 16 * plane) + cell, 16, plane))];
                double x = (cell % columns) + 0.5, y = (cell / columns) + 0.5;
                float[] classes = [.. Enumerable.Range(0, Classes).Select(c => (float)Sigmoid(head[((64 + c) * plane) + cell]))];
                Add(expected, classes, 1, (x - side[0]) * stride, (y - side[1]) * stride, (x + side[2]) * stride, (y + side[3]) * stride);
            }
        }

        Check(expected, Heads.Decode(new YoloDistributionDecoder(Heads.Signature(Width, Height, null, shapes)), MinimumScore, values));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static void Probabilities(Span<float> logits)
    {
        foreach (ref float value in logits)
        {
            value = (float)Sigmoid(value);
        }
    }

    private static double Mean(float[] values, int start, int bins, int step)
    {
        double[] powers = [.. Enumerable.Range(0, bins).Select(bin => Math.Exp(values[start + (bin * step)]))];
        return powers.Select((power, bin) => bin * power / powers.Sum()).Sum();
    }

    private static void Add(List<Expected> expected, float[] classes, double objectness, double x1, double y1, double x2, double y2)
    {
        float best = classes.Max();
        if (best * objectness >= MinimumScore)
        {
            expected.Add(new(Array.IndexOf(classes, best), best * objectness, [x1, y1, x2, y2]));
        }
    }

    private static void Check(List<Expected> expected, ScoredBox[] found)
    {
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Count, found.Length);
        foreach ((Expected box, ScoredBox other) in expected.Zip(found))
        {
            Assert.Equal(box.Class, other.Class);
            Assert.Equal(box.Score, other.Score, 1e-5);
            double[] edges = [other.Box.X1, other.Box.Y1, other.Box.X2, other.Box.Y2];
            Assert.All(box.Edges.Zip(edges), pair => Assert.Equal(pair.First, pair.Second, 2e-3));
        }
    }

    private sealed record Expected(int Class, double Score, double[] Edges);
}
