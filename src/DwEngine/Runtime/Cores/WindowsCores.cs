using System.Runtime.InteropServices;

namespace DwEngine.Runtime.Cores;

/// <summary>
/// Ideal processors of Windows: a wish that the scheduler may set aside, so a set of several cores needs no call. Only for machines with
/// one processor group (up to 64 logical processors), since masks and numbers are relative to a thread's group.
/// </summary>
internal sealed unsafe partial class WindowsCores : ICoreSystem
{
    private const uint SetInformation = 0x0020;
    private const int ProcessorCore = 0;

    private WindowsCores()
    {
    }

    /// <summary>The system, or null if it has several processor groups.</summary>
    public static WindowsCores? TryCreate()
    {
        try
        {
            var system = new WindowsCores();
            return GetActiveProcessorGroupCount() == 1 && system.TryGetProcessCores(new CoreSet()) ? system : null;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Reads which logical processors share a core, and how fast the cores are.</summary>
    public static CoreTopology ReadTopology()
    {
        var topology = new CoreTopology.Builder();
        uint length = 0;
        GetLogicalProcessorInformationEx(ProcessorCore, null, ref length);
        byte[] records = new byte[length];
        fixed (byte* first = records)
        {
            if (length == 0 || GetLogicalProcessorInformationEx(ProcessorCore, first, ref length) == 0)
            {
                return topology.Build();
            }
        }

        ReadOnlySpan<byte> rest = records.AsSpan(0, (int)length);
        while (rest.Length >= sizeof(CoreRecord))
        {
            CoreRecord record = MemoryMarshal.Read<CoreRecord>(rest);
            var mask = new CoreSet();
            mask.Words[0] = record.Mask;
            int representative = mask.Next(0);
            for (int core = representative; core >= 0; core = mask.Next(core + 1))
            {
                topology.Add(core, representative, record.EfficiencyClass);
            }

            rest = rest[Math.Clamp(record.Size, sizeof(CoreRecord), rest.Length)..];
        }

        return topology.Build();
    }

    public nint OpenCurrentThread() => OpenThread(SetInformation, 0, GetCurrentThreadId());

    public void Close(nint thread) => CloseHandle(thread);

    public int CurrentCore() => (int)GetCurrentProcessorNumber();

    public bool TryGetProcessCores(CoreSet cores)
    {
        cores.Words.Clear();
        if (GetProcessAffinityMask(GetCurrentProcess(), out nuint process, out _) == 0 || process == 0)
        {
            return false;
        }

        cores.Words[0] = process;
        return true;
    }

    // The ideal processor leaves the mask as it is, and the mask of a thread lies in that of its process.
    public bool TryGetThreadCores(nint thread, CoreSet cores) => TryGetProcessCores(cores);

    public bool TrySetThreadCores(nint thread, CoreSet cores)
    {
        int core = cores.Next(0);
        return !cores.IsOnly(core) || SetThreadIdealProcessor(thread, (uint)core) != uint.MaxValue;
    }

    [LibraryImport("kernel32")]
    private static partial ushort GetActiveProcessorGroupCount();

    [LibraryImport("kernel32")]
    private static partial int GetLogicalProcessorInformationEx(int relationship, byte* buffer, ref uint length);

    [LibraryImport("kernel32")]
    [SuppressGCTransition]
    private static partial uint GetCurrentProcessorNumber();

    [LibraryImport("kernel32")]
    private static partial nint GetCurrentProcess();

    [LibraryImport("kernel32")]
    private static partial uint GetCurrentThreadId();

    [LibraryImport("kernel32")]
    private static partial nint OpenThread(uint access, int inherit, uint thread);

    [LibraryImport("kernel32")]
    private static partial int CloseHandle(nint handle);

    [LibraryImport("kernel32")]
    private static partial int GetProcessAffinityMask(nint process, out nuint mask, out nuint system);

    [LibraryImport("kernel32")]
    private static partial uint SetThreadIdealProcessor(nint thread, uint core);

    // The begin of SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX with its PROCESSOR_RELATIONSHIP and first GROUP_AFFINITY.
    [StructLayout(LayoutKind.Explicit, Size = 48)]
    private struct CoreRecord
    {
        [FieldOffset(4)]
        public int Size;

        [FieldOffset(9)]
        public byte EfficiencyClass;

        [FieldOffset(32)]
        public nuint Mask;
    }
}
