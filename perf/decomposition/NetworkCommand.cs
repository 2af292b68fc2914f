using System.CommandLine;
using System.Diagnostics;
using DwEngine.Decomposition;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Vision;

namespace DwEngine.DecompositionExperiments;

/// <summary><c>network</c>: accuracy of a decomposed network for each method and number of calibration images.</summary>
internal static class NetworkCommand
{
    private static readonly ModelMetadata s_cifar = new()
    {
        Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar),
        InputSize = 32,
        Mean = [0.4914f, 0.4822f, 0.4465f],
        StandardDeviation = [0.2470f, 0.2435f, 0.2616f],
    };

    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "An expanded ShuffleNet V2 for CIFAR-10." };
        var train = new Argument<string>("TRAIN") { Description = "Folder TRAIN/<class>/<image> to calibrate on." };
        var test = new Argument<string>("TEST") { Description = "Folder TEST/<class>/<image> to measure accuracy on." };
        var plain = new Option<string?>(
            "--plain")
        { Description = "A network of the architecture that results, trained as such, to compare with." };
        var samples = new Option<int[]>("--samples")
        {
            Description = "Numbers of calibration images.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [30, 100, 300, 1000],
        };
        Option<string[]> methods = CommonOptions.Methods();
        Option<int[]> ranks = CommonOptions.Ranks();
        Option<int[]> seeds = CommonOptions.Seeds();
        var layers = new Option<bool>("--layers") { Description = "Print what became of each layer." };
        var command = new Command("network", "Accuracy of a network under each method and number of calibration images.")
        {
            model, train, test, plain, samples, methods, ranks, seeds, layers,
        };
        command.SetAction((parse, cancellation) =>
        {
            Network network = ModelFile.LoadNetwork(parse.GetRequiredValue(model), s_cifar);
            Preprocessing preprocessing = Preprocessing.For(network.Metadata);
            ImageSet calibration = ImageSet.Load(parse.GetRequiredValue(train), preprocessing);
            ImageSet measured = ImageSet.Load(parse.GetRequiredValue(test), preprocessing);
            Console.WriteLine($"as trained: {Percent(measured.Accuracy(new Model(network.Graph)))}, {Cost(network)}");
            if (parse.GetValue(plain) is { } other)
            {
                Network reference = ModelFile.LoadNetwork(other, s_cifar);
                Console.WriteLine(
                    $"{Path.GetFileName(other)}: {Percent(measured.Accuracy(new Model(reference.Graph)))}, {Cost(reference)}");
            }

            int[] counts = parse.GetRequiredValue(samples);
            foreach (int rank in parse.GetRequiredValue(ranks))
            {
                Console.WriteLine($"{Environment.NewLine}Rank {rank}: top-1 by method and number of calibration images, "
                    + $"{Spread.Meaning}, and seconds for the largest number.{Environment.NewLine}");
                var table = new MarkdownTable(["method", "multiply-adds", .. counts.Select(count => $"{count}"), "seconds"]);
                foreach (IDecompositionMethod method in parse.GetRequiredValue(methods).Select(DecompositionMethods.Find))
                {
                    long cost = 0;
                    TimeSpan time = default;
                    var cells = new List<string>();
                    bool needsData = method.Wants != CalibrationData.None;
                    foreach (int count in needsData ? counts : counts[^1..])
                    {
                        cells.Add(Spread.Of(
                            (needsData ? parse.GetRequiredValue(seeds) : [1]).Select(seed => 100 * Accuracy(count, seed)), 2));
                    }

                    cells.InsertRange(0, Enumerable.Repeat("", counts.Length - cells.Count));
                    table.Row([method.Name, MarkdownTable.Count(cost), .. cells, MarkdownTable.Fixed(time.TotalSeconds, 1)]);

                    double Accuracy(int count, int seed)
                    {
                        var options = new DecompositionOptions { Rank = rank, Images = needsData ? calibration.Choose(count, seed) : null };
                        long start = Stopwatch.GetTimestamp();
                        NetworkDecomposition decomposed = NetworkDecomposer.Decompose(network.Graph, method, options, null, cancellation);
                        time = Stopwatch.GetElapsedTime(start);
                        cost = decomposed.MultiplyAddsAfter;
                        if (parse.GetValue(layers))
                        {
                            PrintLayers(decomposed);
                        }

                        return measured.Accuracy(new Model(decomposed.Graph));
                    }
                }
            }

            return Task.CompletedTask;
        });
        return command;
    }

    private static void PrintLayers(NetworkDecomposition decomposition)
    {
        foreach (LayerReport layer in decomposition.Layers.Where(layer => layer.Decision == LayerDecision.Decomposed))
        {
            Console.WriteLine(
                $"    {layer.Name} {layer.Shape}: error without data {MarkdownTable.Fixed(layer.RelativeError, 4)}, "
                + $"with {(layer.ResponseError is { } error ? MarkdownTable.Fixed(error, 4) : "-")}, "
                + $"{MarkdownTable.Count(layer.Positions)} positions");
        }
    }

    private static string Percent(double share) => MarkdownTable.Fixed(100 * share, 2);

    private static string Cost(Network network) => $"{MarkdownTable.Count(network.Graph.Infer().TotalMultiplyAdds)} multiply-adds";
}
