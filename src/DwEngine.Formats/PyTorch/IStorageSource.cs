using DwEngine.Files;

namespace DwEngine.Formats.PyTorch;

/// <summary>Where the bytes of storages lie: members of an archive, or a tail of the file.</summary>
internal interface IStorageSource
{
    /// <summary>Reads the whole storage of that key.</summary>
    /// <exception cref="FileFormatException">The file holds no such storage, or one of another length.</exception>
    byte[] Read(TorchStorage storage, string location);
}
