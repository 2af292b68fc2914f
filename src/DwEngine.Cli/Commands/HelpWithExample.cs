using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DwEngine.Cli.Commands;

/// <summary>The library's help text followed by an example.</summary>
internal sealed class HelpWithExample(SynchronousCommandLineAction help, string example) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>Gives a command an example of its own.</summary>
    public static void Attach(Command command, string example)
    {
        HelpOption? option = command.Options.OfType<HelpOption>().FirstOrDefault();
        if (option is null)
        {
            option = new HelpOption();
            command.Add(option);
        }

        option.Action = new HelpWithExample((SynchronousCommandLineAction)option.Action!, example);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Example:");
        output.WriteLine($"  {example}");
        output.WriteLine();
        return code;
    }
}
