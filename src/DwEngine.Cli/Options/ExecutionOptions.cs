using System.CommandLine;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Cli.Options;

/// <summary>How a network is run.</summary>
/// <param name="threadsDescription">What <c>--threads</c> means for the command.</param>
/// <param name="defaultThreads">The number of threads where none is given.</param>
internal sealed class ExecutionOptions(string threadsDescription, int defaultThreads)
{
    private static readonly Dictionary<string, Isa?> s_isas =
        Enum.GetValues<Isa>().OrderDescending().ToDictionary(Output.Format.Name, isa => (Isa?)isa);

    private readonly Option<int> _threads = new("--threads")
    {
        Description = threadsDescription,
        HelpName = "N",
        DefaultValueFactory = _ => Math.Min(defaultThreads, SessionOptions.MaxThreads),
        CustomParser = OptionParsers.Integer(1, SessionOptions.MaxThreads),
    };

    private readonly Option<Isa?> _isa = new("--isa")
    {
        Description = "Instruction set of the kernels. Default: the fastest that this CPU has.",
        HelpName = "avx512|avx2|neon|portable",
        CustomParser = OptionParsers.Word(s_isas),
    };

    /// <summary>One network run at a time, on one thread unless told otherwise.</summary>
    public static ExecutionOptions ForOneRun() => new("Threads that share the work of one run. The result does not depend on it.", 1);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_threads);
        command.Add(_isa);
    }

    /// <summary>The number of threads.</summary>
    public int Threads(ParseResult parse) => parse.GetValue(_threads);

    /// <summary>Options for a session that does the whole work of one run.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="inputShape">The session's input.</param>
    public SessionOptions ForSession(ParseResult parse, Shape? inputShape) => new()
    {
        InputShape = inputShape,
        Threads = Threads(parse),
        Isa = Isa(parse),
    };

    /// <summary>The instruction set, or null for the fastest.</summary>
    /// <exception cref="PlatformNotSupportedException">This CPU does not have it.</exception>
    public Isa? Isa(ParseResult parse)
    {
        Isa? isa = parse.GetValue(_isa);
        if (isa is { } known)
        {
            Isas.ThrowIfUnsupported(known);
        }

        return isa;
    }
}
