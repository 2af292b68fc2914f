using System.CommandLine;
using DwEngine.Fuzz;
using DwEngine.Fuzz.Graphs;
using DwEngine.Fuzz.Readers;

FuzzTarget[] targets =
[
    CheckpointTarget.SafeTensors(),
    CheckpointTarget.PyTorchZip(),
    CheckpointTarget.PyTorchStream(),
    new OnnxTarget(),
    new StatisticsTarget(),
    new PngTarget(),
    new JpegTarget(),
    new OrientationTarget(),
    new PreprocessingTarget(),
    new GraphTarget(),
    new LimitTarget(),
];

var seconds = new Option<double>("--seconds") { Description = "For how long, all targets together.", DefaultValueFactory = _ => 60 };
var names = new Option<string[]>(
    "--target")
{ Description = $"A target, or several; all if left out: {string.Join(", ", targets.Select(target => target.Name))}." };
var seed = new Option<int>("--seed") { Description = "The same seed makes the same inputs.", DefaultValueFactory = _ => 1 };
var replay = new Option<FileInfo?>("--replay") { Description = "Feeds this file to the target instead, once." };
var folder = new Option<string>(
    "--failures")
{ Description = "Where inputs that failed are written.", DefaultValueFactory = _ => "artifacts/fuzz" };
var hang = new Option<double>(
    "--hang")
{ Description = "Seconds after which one execution counts as hung.", DefaultValueFactory = _ => 20 };
names.AcceptOnlyFromAmong([.. targets.Select(target => target.Name)]);
names.AllowMultipleArgumentsPerToken = true;

var command = new RootCommand(
    "Feeds random and damaged input to every reader, and random graphs with extreme windows to the engine. Exit code 1 if anything fails.")
{
    seconds, names, seed, replay, folder, hang,
};
command.SetAction(parse =>
{
    string[] chosen = parse.GetValue(names) is { Length: > 0 } given ? given : [.. targets.Select(target => target.Name)];
    bool passed = true;
    foreach (FuzzTarget target in targets.Where(target => chosen.Contains(target.Name)))
    {
        using var campaign =
            new Campaign(target, parse.GetValue(seed), parse.GetValue(folder)!, TimeSpan.FromSeconds(parse.GetValue(hang)));
        passed &= parse.GetValue(replay) is { } file
            ? campaign.Replay(File.ReadAllBytes(file.FullName))
            : campaign.Run(TimeSpan.FromSeconds(parse.GetValue(seconds) / chosen.Length));
    }

    return passed ? 0 : 1;
});
return command.Parse(args).Invoke();
