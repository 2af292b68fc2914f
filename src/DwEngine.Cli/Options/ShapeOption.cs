using System.Collections.Immutable;
using System.CommandLine;
using DwEngine.Cli.Output;
using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.Cli.Options;

/// <summary><c>--shape</c>: the shapes of a network's inputs.</summary>
/// <param name="otherwise">What holds where the option is not given, for the help.</param>
internal sealed class ShapeOption(string otherwise)
{
    private readonly Option<NamedShape[]?> _shapes = new("--shape")
    {
        Description = $"Shape of the input; NAME=N,C,H,W for one of several. Default: {otherwise}.",
        HelpName = "N,C,H,W",
        CustomParser = OptionParsers.Shapes,
    };

    /// <summary>The option's name.</summary>
    public string Name => _shapes.Name;

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Add(_shapes);

    /// <summary>The shapes that are given, by the inputs' names.</summary>
    /// <param name="parse">What was given.</param>
    /// <param name="inputs">The network's inputs.</param>
    /// <exception cref="CommandException">A name is that of no input, or is given twice.</exception>
    public Dictionary<string, Shape> Read(ParseResult parse, ImmutableArray<GraphInput> inputs)
    {
        string names = string.Join(", ", inputs.Select(input => input.Name));
        var shapes = new Dictionary<string, Shape>(StringComparer.Ordinal);
        foreach ((string? told, Shape shape) in parse.GetValue(_shapes) ?? [])
        {
            string name = told ?? (inputs.Length == 1 ? inputs[0].Name : throw new CommandException(
                $"{Name}: expected NAME=N,C,H,W, with one of the inputs {names}."));
            if (inputs.All(input => input.Name != name))
            {
                throw new CommandException($"{Name}: the network has no input '{name}'; expected one of {names}.");
            }

            if (!shapes.TryAdd(name, shape))
            {
                throw new CommandException($"{Name}: the shape of '{name}' is given twice.");
            }
        }

        return shapes;
    }
}
