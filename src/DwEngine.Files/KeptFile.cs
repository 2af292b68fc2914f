namespace DwEngine.Files;

/// <summary>
/// What a file held before it was replaced, for a pair of files that must belong together: if the second cannot be written, the first is
/// brought back. Only regular files are kept; what went to a device or a pipe is gone.
/// </summary>
internal sealed class KeptFile : IDisposable
{
    private readonly string? _target;
    private readonly TemporaryFile? _copy;

    /// <summary>Keeps what a file holds, or that it is not there.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be copied within its folder.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public KeptFile(string path)
    {
        FileStatus? existing = FileStatus.Of(path);
        if (existing is null)
        {
            _target = LinkedPath.Resolve(path);
        }
        else if (existing is { Kind: FileKind.Regular } && LinkedPath.Descriptor(path) is null)
        {
            _target = LinkedPath.Resolve(path)!;
            _copy = new TemporaryFile(Path.GetDirectoryName(_target)!);
            try
            {
                File.Copy(_target, _copy.Path);
                existing.Value.CopyTo(_copy.Path);
            }
            catch (Exception)
            {
                _copy.Dispose();
                throw;
            }
        }
    }

    /// <summary>Brings back what was kept.</summary>
    public void Restore()
    {
        if (_copy is not null)
        {
            File.Move(_copy.Path, _target!, overwrite: true);
        }
        else if (_target is not null)
        {
            File.Delete(_target);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _copy?.Dispose();
}
