using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Cli.Reports;
using DwEngine.Decomposition;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Cli.Tests;

/// <summary>Reports made from fixed numbers.</summary>
internal static class FixedReports
{
    public static MeasuringConditions Conditions { get; } = new()
    {
        Date = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
        Version = "7.8.9",
        Cpu = "A <fast> CPU",
        Processors = 12,
        Isa = Isa.Neon,
        Threads = 1,
        Platform = "Some Linux, Arm64",
        Runtime = ".NET 10",
    };

    public static DecomposeReport Decompose(LayerReport[] layers, Agreement? comparison)
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 1, 4, 4));
        return new DecomposeReport
        {
            Model = "model.pth",
            Output = "small.safetensors",
            Metadata = ModelMetadata.ImageNet,
            Decomposition = new NetworkDecomposition(x.Builder.Build(x.Relu()), [.. layers])
            {
                MultiplyAddsBefore = 20,
                MultiplyAddsAfter = 10,
                ParametersBefore = 20,
                ParametersAfter = 10,
            },
            Input = InputDescription.Of(ModelMetadata.ImageNet),
            Use = new CalibrationUse("joint", 100, "A note."),
            Settings = new DecomposeSettings { Arguments = ["decompose", "my model.pth"], Method = "joint", Rank = 1, Seed = 7 },
            MillisecondsBefore = 2,
            MillisecondsAfter = 0.5,
            Conditions = Conditions,
            Comparison = comparison,
        };
    }

    public static LayerReport Layer(string name) => new(name, new Shape(8, 8, 3, 3), 1, "joint", 1, LayerDecision.Decomposed, "for a test")
    {
        RelativeError = 0.9,
        ResponseError = 0.1,
        MillisecondsBefore = 0.4,
        MillisecondsAfter = 0.1,
        MultiplyAddsBefore = 2,
        MultiplyAddsAfter = 1,
        ParametersBefore = 2,
        ParametersAfter = 1,
    };

    public static Agreement Agree(int first, int second) => new()
    {
        Sample = new Sample(
            new EvaluationImages
            {
                Directory = "images",
                Images = [],
                Found = 100,
                Classes = ["a"],
                Match = ClassMatch.Name,
                Warnings = [],
            },
            100,
            1,
            []),
        Error = 0.01,
        Agreeing = 90,
        FirstHits = first,
        SecondHits = second,
        LargestDifference = 0.5,
        FirstMilliseconds = 2,
        SecondMilliseconds = 0.5,
        Conditions = Conditions,
    };
}
