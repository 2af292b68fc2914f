using System.Diagnostics;
using Xunit;

namespace DwEngine.Testing;

/// <summary>Runs scripts, for what only a shell can arrange: redirections, pipes, limits.</summary>
internal static class Shell
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Runs a script in a folder; <c>$dw</c> is the command line of the program. Skips the running test where there is no Linux.
    /// </summary>
    /// <returns>The script's exit code, and what it wrote.</returns>
    public static async Task<(int Code, string Output, string Error)> RunAsync(string folder, string script)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs a shell, /dev and /proc.");
        var start = new ProcessStartInfo("/bin/bash", ["-c", script])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["dw"] = $"{Environment.ProcessPath} exec {Path.Combine(AppContext.BaseDirectory, "dw.dll")}";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) != "dotnet")
        {
            start.Environment["dw"] = Path.Combine(AppContext.BaseDirectory, "dw");
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output, await error);
    }
}
