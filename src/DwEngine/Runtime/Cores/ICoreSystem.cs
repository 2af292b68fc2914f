namespace DwEngine.Runtime.Cores;

/// <summary>
/// What binding threads asks of the operating system. Nothing here allocates but <see cref="OpenCurrentThread"/>, and nothing throws.
/// </summary>
internal interface ICoreSystem
{
    /// <summary>Names the calling thread for the other methods; 0 if the system does not tell.</summary>
    nint OpenCurrentThread();

    /// <summary>The name is needed no more.</summary>
    void Close(nint thread);

    /// <summary>The core that the calling thread is on; negative if the system does not tell.</summary>
    int CurrentCore();

    /// <summary>Reads the cores that the process may use and that are online.</summary>
    bool TryGetProcessCores(CoreSet cores);

    /// <summary>Reads the cores that a thread may use and that are online.</summary>
    bool TryGetThreadCores(nint thread, CoreSet cores);

    /// <summary>Sets the cores that a thread may use.</summary>
    bool TrySetThreadCores(nint thread, CoreSet cores);
}
