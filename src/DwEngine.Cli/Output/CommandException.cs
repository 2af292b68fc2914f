namespace DwEngine.Cli.Output;

/// <summary>A request that a command cannot fulfil, where no library has an error of its own for it.</summary>
internal sealed class CommandException(string message, Exception? innerException = null) : DwEngineException(message, innerException);
