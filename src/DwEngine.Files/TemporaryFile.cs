using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace DwEngine.Files;

/// <summary>
/// A file that is being written, removed in the end unless it was renamed. From its name, <c>.dw-PID-UNIQUE.tmp</c>, others can tell
/// whether its process still runs.
/// </summary>
internal sealed class TemporaryFile : IDisposable
{
    private const string Prefix = ".dw-", Suffix = ".tmp";

    // Clocks of files and of processes are read at different grains.
    private static readonly TimeSpan s_grain = TimeSpan.FromSeconds(2);

    private static readonly ConcurrentDictionary<string, TemporaryFile> s_own = new();

    private readonly string _name;

    /// <summary>Chooses a name that no other file has; the file is not created.</summary>
    public TemporaryFile(string folder)
    {
        _name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid():N}{Suffix}");
        Path = System.IO.Path.Combine(folder, _name);
        s_own[_name] = this;
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Removes what processes that were killed left in a folder. What cannot be removed stays.</summary>
    public static void RemoveAbandoned(string folder)
    {
        string[] found;
        try
        {
            found = Directory.GetFiles(folder, $"{Prefix}*{Suffix}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A folder may be written to and not listed.
            return;
        }

        foreach (string file in found)
        {
            string name = System.IO.Path.GetFileName(file);
            if (!s_own.ContainsKey(name) && ProcessOf(name) is { } process && !Runs(process, since: File.GetLastWriteTimeUtc(file))
                && IsUnlocked(file))
            {
                TryDelete(file);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TryDelete(Path);
        s_own.TryRemove(_name, out _);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Nothing is lost; another write may succeed.
        }
    }

    private static int? ProcessOf(string name) =>
        name[Prefix.Length..^Suffix.Length].Split('-') is [var process, var unique] && Guid.TryParseExact(unique, "N", out _)
        && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    private static bool Runs(int number, DateTime since)
    {
        if (number == Environment.ProcessId)
        {
            // A process that is gone had the same number, as the first one of each container has.
            return false;
        }

        try
        {
            using var process = Process.GetProcessById(number);
            return process.StartTime.ToUniversalTime() <= since + s_grain;
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended since, or may not be asked.
            return true;
        }
    }

    // A process of another container has a number that says nothing here, but holds its file locked.
    private static bool IsUnlocked(string file)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
