using System.Runtime.InteropServices;

namespace DwEngine.Tensors;

/// <summary>
/// Keeps memory in RAM (<c>mlock</c> of Linux). The system counts no locks, so pages that several blocks share are counted here. Safe for
/// any number of threads.
/// </summary>
internal static unsafe partial class LockedPages
{
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<nint, int> s_counts = [];
    private static readonly nint s_pageBytes = Environment.SystemPageSize;

    /// <summary>Locks all pages of a block, which are then all present.</summary>
    /// <returns>Whether it was done; if not, the system's error.</returns>
    public static bool TryLock(void* memory, long byteLength, out int error)
    {
        error = 0;
        if (byteLength == 0)
        {
            return true;
        }

        lock (s_lock)
        {
            (nint first, nint end) = PagesOf(memory, byteLength);
            if (LockRange(first, (nuint)(end - first)) != 0)
            {
                error = Marshal.GetLastPInvokeError();
                // What it has locked before it failed.
                UnlockUncounted(first, end);
                return false;
            }

            for (nint page = first; page < end; page += s_pageBytes)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(s_counts, page, out _)++;
            }

            return true;
        }
    }

    /// <summary>Takes back a call of <see cref="TryLock"/> for the same block.</summary>
    public static void Unlock(void* memory, long byteLength)
    {
        if (byteLength == 0)
        {
            return;
        }

        lock (s_lock)
        {
            (nint first, nint end) = PagesOf(memory, byteLength);
            for (nint page = first; page < end; page += s_pageBytes)
            {
                if (--CollectionsMarshal.GetValueRefOrNullRef(s_counts, page) == 0)
                {
                    s_counts.Remove(page);
                }
            }

            UnlockUncounted(first, end);
        }
    }

    private static (nint First, nint End) PagesOf(void* memory, long byteLength)
    {
        nint first = (nint)memory / s_pageBytes * s_pageBytes;
        return (first, first + (((nint)memory - first + (nint)byteLength + s_pageBytes - 1) / s_pageBytes * s_pageBytes));
    }

    // In runs of pages that nobody has locked.
    private static void UnlockUncounted(nint first, nint end)
    {
        for (nint page = first; page < end;)
        {
            nint stop = page;
            while (stop < end && !s_counts.ContainsKey(stop))
            {
                stop += s_pageBytes;
            }

            if (stop > page)
            {
                _ = UnlockRange(page, (nuint)(stop - page));
            }

            page = stop + s_pageBytes;
        }
    }

    [LibraryImport("libc", EntryPoint = "mlock", SetLastError = true)]
    private static partial int LockRange(nint memory, nuint byteLength);

    [LibraryImport("libc", EntryPoint = "munlock")]
    private static partial int UnlockRange(nint memory, nuint byteLength);
}
