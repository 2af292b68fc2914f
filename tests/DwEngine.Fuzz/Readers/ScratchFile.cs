namespace DwEngine.Fuzz.Readers;

/// <summary>
/// A file of this process that each execution writes anew, for readers that take paths. In memory where the system has such a place.
/// </summary>
internal sealed class ScratchFile
{
    private const string SharedMemory = "/dev/shm";

    private readonly string _path;

    public ScratchFile(string extension)
    {
        string folder = Directory.Exists(SharedMemory) ? SharedMemory : System.IO.Path.GetTempPath();
        _path = System.IO.Path.Combine(folder, $"dwengine-fuzz-{Environment.ProcessId}-{Guid.NewGuid():N}{extension}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(_path);
    }

    /// <summary>The path.</summary>
    public string Path => _path;

    /// <summary>The path, after the file holds these bytes.</summary>
    public string Holding(byte[] bytes)
    {
        File.WriteAllBytes(_path, bytes);
        return _path;
    }
}
