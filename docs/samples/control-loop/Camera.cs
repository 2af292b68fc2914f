using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using DwEngine.Vision.Frames;

namespace DwEngine.Samples;

/// <summary>
/// A camera of Linux through the kernel's interface (V4L2, streaming with mapped buffers), without a library: see "Streaming I/O (Memory
/// Mapping)" in the kernel's userspace API guide. Structures are laid out as a 64-bit kernel has them.
/// </summary>
internal sealed unsafe partial class Camera : FrameSource
{
    private const int Width = 640, Height = 480, Buffers = 4, PatienceMilliseconds = 2000;

    // Numbers of the kernel's header videodev2.h.
    private const nuint QueryCapabilities = 0x80685600, SetFormat = 0xC0D05605, RequestBuffers = 0xC0145608, QueryBuffer = 0xC0585609,
        QueueBuffer = 0xC058560F, DequeueBuffer = 0xC0585611, StreamOn = 0x40045612, StreamOff = 0x40045613, SetParameters = 0xC0CC5616;

    private const uint VideoCapture = 1, MemoryMapped = 1, CanCapture = 1, CanStream = 0x04000000, HasDeviceCapabilities = 0x80000000;
    private const int ReadAndWrite = 2, CloseOnExec = 0x80000, Protection = 3, Shared = 1;
    private const short PollIn = 1;
    private const int Interrupted = 4;

    private readonly string _path;
    private readonly int _device;
    private readonly byte*[] _memory = new byte*[Buffers];
    private readonly nuint[] _lengths = new nuint[Buffers];
    private readonly byte[] _buffer = new byte[88];
    private int _taken = -1;
    private long _sequence = -1;
    private long _dropped;

    /// <summary>Opens a device and begins to stream.</summary>
    public Camera(string path, int rate)
    {
        if (!OperatingSystem.IsLinux() || sizeof(nint) != 8)
        {
            throw new IOException($"{path}: cameras are read on 64-bit Linux alone.");
        }

        _path = path;
        _device = Open(Encoding.UTF8.GetBytes(path + '\0'), ReadAndWrite | CloseOnExec);
        if (_device < 0)
        {
            throw Failed("cannot be opened");
        }

        try
        {
            RequireCamera();
            Format = ChooseFormat();
            AskForRate(rate);
            MapBuffers();
            for (int i = 0; i < Buffers; i++)
            {
                Give(i);
            }

            int type = (int)VideoCapture;
            Require(StreamOn, &type, "does not stream");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override FrameFormat Format { get; }

    // The runtime stops threads by signals, which end a call that waits.
    private static bool WasInterrupted => Marshal.GetLastPInvokeError() == Interrupted;

    public override long Dropped => _dropped;

    // The driver has its own clock; frames come as they come.
    public override void Start()
    {
    }

    public override Frame Next()
    {
        if (_taken >= 0)
        {
            Give(_taken);
            _taken = -1;
        }

        var wanted = new PollRequest { Device = _device, Events = PollIn };
        int ready;
        do
        {
            ready = Poll(&wanted, 1, PatienceMilliseconds);
        }
        while (ready < 0 && WasInterrupted);

        if (ready <= 0)
        {
            throw ready < 0 ? Failed("gives no frame") : new IOException($"{_path}: no frame came within {PatienceMilliseconds} ms.");
        }

        fixed (byte* buffer = _buffer)
        {
            Describe(0);
            Require(DequeueBuffer, buffer, "gives no frame");
        }

        long now = Stopwatch.GetTimestamp();
        _taken = BinaryPrimitives.ReadInt32LittleEndian(_buffer);
        uint sequence = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(56));
        _dropped += _sequence < 0 ? 0 : sequence - (_sequence + 1);
        _sequence = sequence;
        return new Frame(new ReadOnlySpan<byte>(_memory[_taken], Format.Length), now);
    }

    public override void Dispose()
    {
        int type = (int)VideoCapture;
        _ = Control(_device, StreamOff, &type);
        for (int i = 0; i < Buffers; i++)
        {
            if (_memory[i] is not null)
            {
                _ = Unmap(_memory[i], _lengths[i]);
                _memory[i] = null;
            }
        }

        _ = Close(_device);
    }

    public override string ToString() => $"{_path}, {Format}";

    private void RequireCamera()
    {
        byte[] facts = new byte[104];
        fixed (byte* pointer = facts)
        {
            Require(QueryCapabilities, pointer, "is no camera");
        }

        uint all = BinaryPrimitives.ReadUInt32LittleEndian(facts.AsSpan(84));
        uint own = (all & HasDeviceCapabilities) == 0 ? all : BinaryPrimitives.ReadUInt32LittleEndian(facts.AsSpan(88));
        if ((own & CanCapture) == 0 || (own & CanStream) == 0)
        {
            throw new IOException($"{_path}: a camera that streams single-plane frames was expected; its capabilities are 0x{own:X8}.");
        }
    }

    // The driver answers with what comes nearest.
    private FrameFormat ChooseFormat()
    {
        byte[] format = new byte[208];
        (string Code, PixelFormat Pixels)[] known = [("YUYV", PixelFormat.Yuyv), ("UYVY", PixelFormat.Uyvy), ("NV12", PixelFormat.Nv12)];
        foreach ((string code, PixelFormat pixels) in known)
        {
            Array.Clear(format);
            BinaryPrimitives.WriteUInt32LittleEndian(format, VideoCapture);
            BinaryPrimitives.WriteInt32LittleEndian(format.AsSpan(8), Width);
            BinaryPrimitives.WriteInt32LittleEndian(format.AsSpan(12), Height);
            Encoding.ASCII.GetBytes(code, format.AsSpan(16));
            fixed (byte* pointer = format)
            {
                Require(SetFormat, pointer, "refuses every format");
            }

            if (Encoding.ASCII.GetString(format, 16, 4) == code)
            {
                return new FrameFormat(
                    pixels,
                    BinaryPrimitives.ReadInt32LittleEndian(format.AsSpan(8)),
                    BinaryPrimitives.ReadInt32LittleEndian(format.AsSpan(12)),
                    BinaryPrimitives.ReadInt32LittleEndian(format.AsSpan(24)));
            }
        }

        throw new IOException(
            $"{_path}: one of {string.Join(", ", known.Select(one => one.Code))} was expected; it has "
                + $"{Encoding.ASCII.GetString(format, 16, 4)}.");
    }

    // Some drivers have one rate alone.
    private void AskForRate(int rate)
    {
        byte[] parameters = new byte[204];
        BinaryPrimitives.WriteUInt32LittleEndian(parameters, VideoCapture);
        BinaryPrimitives.WriteInt32LittleEndian(parameters.AsSpan(12), 1);
        BinaryPrimitives.WriteInt32LittleEndian(parameters.AsSpan(16), rate);
        bool isKnown;
        fixed (byte* pointer = parameters)
        {
            isKnown = Control(_device, SetParameters, pointer) >= 0;
        }

        int numerator = BinaryPrimitives.ReadInt32LittleEndian(parameters.AsSpan(12));
        int denominator = BinaryPrimitives.ReadInt32LittleEndian(parameters.AsSpan(16));
        if (!isKnown || numerator < 1 || denominator != numerator * rate)
        {
            string found = isKnown ? $"{denominator}/{numerator} frames a second" : "a rate of its own";
            Console.Error.WriteLine($"control-loop: {_path} has {found}; {rate} frames a second were asked for.");
        }
    }

    private void MapBuffers()
    {
        byte[] request = new byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(request, Buffers);
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(4), VideoCapture);
        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(8), MemoryMapped);
        fixed (byte* pointer = request)
        {
            Require(RequestBuffers, pointer, "gives no buffers");
        }

        int given = BinaryPrimitives.ReadInt32LittleEndian(request);
        if (given < Buffers)
        {
            throw new IOException($"{_path}: {Buffers} buffers were expected; the driver gives {given}.");
        }

        for (int i = 0; i < Buffers; i++)
        {
            fixed (byte* buffer = _buffer)
            {
                Describe(i);
                Require(QueryBuffer, buffer, "tells nothing of its buffers");
            }

            _lengths[i] = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(72));
            if (_lengths[i] < (nuint)Format.Length)
            {
                throw new IOException($"{_path}: buffers of {Format.Length} bytes were expected; the driver's have {_lengths[i]}.");
            }

            nint offset = (nint)BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(64));
            byte* memory = Map(null, _lengths[i], Protection, Shared, _device, offset);
            _memory[i] = (nint)memory == -1 ? throw Failed("does not map its buffers") : memory;
        }
    }

    private void Give(int index)
    {
        fixed (byte* buffer = _buffer)
        {
            Describe(index);
            Require(QueueBuffer, buffer, "takes no buffer back");
        }
    }

    private void Describe(int index)
    {
        Array.Clear(_buffer);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, index);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(4), VideoCapture);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(60), MemoryMapped);
    }

    private void Require(nuint request, void* argument, string otherwise)
    {
        while (Control(_device, request, argument) < 0)
        {
            if (!WasInterrupted)
            {
                throw Failed(otherwise);
            }
        }
    }

    private IOException Failed(string what) =>
        new($"{_path} {what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Device;
        public short Events;
        public short Happened;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int Open(byte[] path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int device);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int device, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollRequest* requests, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* Map(void* at, nuint length, int protection, int flags, int device, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* memory, nuint length);
}
