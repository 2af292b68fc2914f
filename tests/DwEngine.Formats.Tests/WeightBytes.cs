using DwEngine.Files;
using DwEngine.Models;
using Xunit;

namespace DwEngine.Formats.Tests;

/// <summary>Reads weight files that exist only as bytes of a test.</summary>
internal static class WeightBytes
{
    public static Checkpoint Load(byte[] bytes)
    {
        string path = WriteOne(bytes);
        try
        {
            return CheckpointFile.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Asserts that a file is refused by the typed error, in one line that names the file, and within the given memory.</summary>
    public static FileFormatException Refuse(byte[] bytes, long maxAllocatedBytes = 1 << 20)
    {
        string path = WriteOne(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<FileFormatException>(() => CheckpointFile.Load(path));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        File.Delete(path);
        Assert.True(allocated < maxAllocatedBytes, $"{allocated} bytes were allocated before: {error.Message}");
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        return error;
    }

    /// <summary>
    /// Asserts that a damaged file either loads or is refused by the typed error, within what a file of that size may take.
    /// </summary>
    public static void LoadOrRefuse(byte[] bytes)
    {
        string path = WriteOne(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            CheckpointFile.Load(path);
        }
        catch (FileFormatException)
        {
            // Expected for most damage.
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        File.Delete(path);
        Assert.True(allocated < (80 << 20) + (8L * bytes.Length), $"{allocated} bytes were allocated");
    }

    // One file, not a folder of its own: the tests of damaged files make thousands.
    private static string WriteOne(byte[] bytes)
    {
        string path = Path.Combine(Path.GetTempPath(), $"dwengine-{Guid.NewGuid():N}.bin");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
