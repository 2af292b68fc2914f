namespace DwEngine.Runtime;

/// <summary>Which cores a session's helper threads run on. The caller's own thread is never bound.</summary>
public enum ThreadAffinity
{
    /// <summary>
    /// Each helper stays on a core of its own that is not the caller's, so that a parked helper is woken where nothing else of the session
    /// runs. Linux: the helper's affinity mask. Windows: its ideal processor. Other systems: as <see cref="None"/>.
    /// </summary>
    /// <remarks>
    /// <para>Only cores of the process's mask are taken; on Linux that is the mask of its main thread. Cores without a helper of another
    /// session of this process come first, then those that share no physical core with the caller or another helper, then fast ones.</para>
    /// <para>Masks are looked at again when a run begins, at most four times a second. A helper whose core the caller has come to moves
    /// before it is woken.</para>
    /// <para>Helpers are not bound where the mask, or the CPU quota of the container when the session was created, gives fewer cores than
    /// the session has threads; where the system forbids it; or when another program has given a helper a mask of its own.</para>
    /// </remarks>
    OwnCores,

    /// <summary>
    /// The system chooses, as for any thread. It may wake a parked helper on the caller's core, and take milliseconds to move it.
    /// </summary>
    None,
}
