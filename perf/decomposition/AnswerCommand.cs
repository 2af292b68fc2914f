using System.CommandLine;
using System.Globalization;
using DwEngine.Decomposition;
using DwEngine.Decomposition.Trials;
using DwEngine.Graphs;
using DwEngine.Networks;
using DwEngine.Onnx;
using DwEngine.Vision;

namespace DwEngine.DecompositionExperiments;

/// <summary><c>answer</c>: what methods, and ranks chosen in several ways, do to the outputs of any network.</summary>
internal static class AnswerCommand
{
    private const string Imagenet = "0.485, 0.456, 0.406 and 0.229, 0.224, 0.225";

    private static readonly Dictionary<string, Func<DecompositionOptions, DecompositionOptions>> s_criteria = new()
    {
        ["singular-values"] = options => options with { Criterion = RankCriterion.SingularValues },
        ["joint"] = options => options with { Method = "joint" },
        ["answer"] = options => options,
    };

    public static Command Create()
    {
        var name = new Argument<string>("NETWORK")
        {
            Description = $"A network with random weights ({string.Join(", ", RandomNetworks.Names)}) or an .onnx file, of one square "
                + "input.",
        };
        var train = new Argument<string>("CALIBRATION") { Description = "Folder of images to calibrate on." };
        var test = new Argument<string>("MEASURED") { Description = "Folder of other images, on which the error is measured." };
        var samples = new Option<int>("--samples") { Description = "Calibration images.", DefaultValueFactory = _ => 100 };
        Option<string[]> methods = CommonOptions.Methods();
        Option<int[]> ranks = CommonOptions.Ranks(), seeds = CommonOptions.Seeds();
        var targets = new Option<double[]>("--targets")
        {
            Description = "How many times fewer multiply-adds are wanted where ranks are chosen. With it, methods are compared only if "
                + "--methods or --ranks is given.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var largestRank = new Option<int>("--largest-rank")
        {
            Description = "The most filters for each input channel where ranks are chosen.",
            DefaultValueFactory = _ => DecompositionOptions.RanksByAnswer,
        };
        var ranksBy = new Option<string[]>("--ranks-by")
        {
            Description = "How ranks are chosen for the targets: singular-values, joint (the answer, by this method alone), or answer "
                + "(both kinds of factorisation). Default: all.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. s_criteria.Keys],
        };
        ranksBy.AcceptOnlyFromAmong([.. s_criteria.Keys]);
        var command = new Command(
            "answer", $"Error of the outputs on other images. Inputs are normalised by {Imagenet}, as those of ImageNet are.")
        {
            name, train, test, samples, methods, ranks, seeds, targets, largestRank, ranksBy,
        };
        command.SetAction((parse, cancellation) =>
        {
            Graph graph = RandomNetworks.TryBuild(parse.GetRequiredValue(name)) ?? OnnxFile.Load(parse.GetRequiredValue(name)).Graph;
            int size = graph.Inputs[0].DefaultShape[^1];
            var preprocessing = new Preprocessing(size * 8 / 7, size, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);
            ImageSet calibration = ImageSet.LoadUnlabelled(parse.GetRequiredValue(train), preprocessing);
            ImageSet[] choices =
                [.. parse.GetRequiredValue(seeds).Select(seed => calibration.Choose(parse.GetValue(samples), seed))];
            ImageSet measured = ImageSet.LoadUnlabelled(parse.GetRequiredValue(test), preprocessing);
            var measure = new AnswerMeasure(graph, measured);
            Console.WriteLine($"{parse.GetValue(name)}, {MarkdownTable.Count(graph.Infer().TotalMultiplyAdds)} multiply-adds. Squared "
                + $"error of the outputs relative to their variance, on {measured.Count} images, {Spread.Meaning}.");
            if (parse.GetRequiredValue(targets).Length == 0
                || parse.GetResult(methods) is { Implicit: false } || parse.GetResult(ranks) is { Implicit: false })
            {
                PrintMethods(parse.GetRequiredValue(methods), parse.GetRequiredValue(ranks));
            }

            PrintTargets(parse.GetRequiredValue(targets), parse.GetValue(largestRank), parse.GetRequiredValue(ranksBy));
            return Task.CompletedTask;

            void PrintMethods(string[] methods, int[] ranks)
            {
                Console.WriteLine();
                var table = new MarkdownTable(["method", .. ranks.SelectMany(rank => (string[])["multiply-adds", $"rank {rank}"])]);
                foreach (IDecompositionMethod method in methods.Select(DecompositionMethods.Find))
                {
                    bool needsData = method.Wants != CalibrationData.None;
                    table.Row([method.Name, .. ranks.SelectMany(rank => Cells((needsData ? choices : choices[..1]).Select(images =>
                        NetworkDecomposer.Decompose(
                            graph, method, new DecompositionOptions { Rank = rank, Images = needsData ? images : null }, null,
                            cancellation))))]);
                }
            }

            void PrintTargets(double[] targets, int largest, string[] criteria)
            {
                if (targets.Length == 0)
                {
                    return;
                }

                DecompositionOptions[] perSeed = [.. choices.Select(images => new DecompositionOptions
                {
                    Images = images,
                    LargestRank = largest,
                    Trials = new DecompositionTrials(graph, images, DecompositionOptions.Default.Calibration),
                })];
                Console.WriteLine();
                var table = new MarkdownTable(
                    ["target", .. criteria.SelectMany(criterion => (string[])["multiply-adds", $"ranks by {criterion}"])]);
                foreach (double target in targets)
                {
                    table.Row([
                        target.ToString(CultureInfo.InvariantCulture),
                        .. criteria.SelectMany(criterion => Cells(perSeed.Select(options => NetworkDecomposer.Decompose(
                            graph, s_criteria[criterion](options) with { TargetSpeedup = target }, null, cancellation)))),
                    ]);
                }
            }

            string[] Cells(IEnumerable<NetworkDecomposition> networks)
            {
                NetworkDecomposition[] all = [.. networks];
                string[] costs = [.. all.Select(made => made.MultiplyAddsAfter).Order().Select(MarkdownTable.Count)];
                return
                [
                    costs[0] == costs[^1] ? costs[0] : $"{costs[0]} to {costs[^1]}",
                    Spread.Of(all.Select(made => measure.ErrorOf(made.Graph)), 5),
                ];
            }
        });
        return command;
    }
}
