namespace DwEngine.Cli.Commands;

/// <summary>All commands, in the order in which the help lists them.</summary>
internal static class CommandList
{
    /// <summary>Makes one of each.</summary>
    public static IReadOnlyList<CliCommand> Create() =>
    [
        new DemoCommand(),
        new InfoCommand(),
        new RunCommand(),
        new DetectCommand(),
        new ForwardCommand(),
        new EvalCommand(),
        new BenchCommand(),
        new PreprocessCommand(),
        new ConvertCommand(),
        new DecomposeCommand(),
        new CompareCommand(),
        new ConformCommand(),
    ];
}
