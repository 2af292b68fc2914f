namespace DwEngine.Cli.Output;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>Everything that was asked for was done.</summary>
    public const int Success = 0;

    /// <summary>Something was not done; a line on standard error says what and why.</summary>
    public const int Failure = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The reader of a pipe has gone: 128 and the number of SIGPIPE, of which other programs die.</summary>
    public const int BrokenPipe = 141;

    /// <summary>Stopped by Ctrl-C: 128 and the number of SIGINT, as shells expect.</summary>
    public const int Cancelled = 130;
}
