using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>Runs a session by every method that it can be run by, until none of them has anything left to compile.</summary>
internal sealed class SessionWarmUp
{
    private readonly Session _session;

    // Of all inputs and then all outputs; pinned, since a run may be given their addresses.
    private readonly byte[][] _memory;
    private readonly List<Action> _runs = [];
    private readonly CancellationTokenSource _never = new();

    /// <summary>Prepares the runs: the inputs are those of the session as they are now, or zeros.</summary>
    public SessionWarmUp(Session session)
    {
        _session = session;
        SessionValue[] ends = [.. session.Inputs, .. session.Outputs];
        _memory = [.. ends.Select(end => GC.AllocateArray<byte>(checked((int)end.ByteLength), pinned: true))];
        bool hasOwn = Enumerable.Range(0, ends.Length).Any(session.HasOwn);
        for (int input = 0; hasOwn && input < session.Inputs.Length; input++)
        {
            session.Own(input).CopyTo(_memory[input]);
        }

        if (ends.Length <= SessionCall.MostSpans && ends.All(end => end.Type != ElementType.BFloat16))
        {
            _runs.AddRange(
                () => Call().Run(), () => Call().Run(_never.Token), () => Call().Run(TimeSpan.MaxValue));
        }
        else
        {
            _runs.Add(RunAtAddresses);
        }

        if (session.Inputs.Length == 1 && session.Outputs.Length == 1 && session.Outputs[0].Type == ElementType.Float32)
        {
            AddShortForms(session.Inputs[0].Type);
        }

        if (session.Threads > 1)
        {
            _runs.Add(session.ChooseCoresAnew);
        }

        if (hasOwn)
        {
            _runs.AddRange(session.Run, () => session.Run(_never.Token), () => session.Run(TimeSpan.MaxValue));
        }
    }

    /// <summary>Runs until the code is warm. What the session's own outputs hold is as before afterwards.</summary>
    public void Run(CancellationToken cancellation)
    {
        byte[]?[] held = [.. _session.Outputs.Select(
            (_, i) => _session.HasOwn(_session.Inputs.Length + i) ? _session.Own(_session.Inputs.Length + i).ToArray() : null)];
        bool hasOwn = Enumerable.Range(0, _memory.Length).Any(_session.HasOwn);
        try
        {
            int next = 0;
            WarmUp.Run(() => _runs[next++ % _runs.Count](), cancellation);
        }
        finally
        {
            _never.Dispose();
            for (int i = 0; hasOwn && i < held.Length; i++)
            {
                Span<byte> own = _session.Own(_session.Inputs.Length + i);
                own.Clear();
                held[i]?.CopyTo(own);
            }
        }
    }

    private void AddShortForms(ElementType input)
    {
        if (input == ElementType.Float32)
        {
            _runs.AddRange(
                () => _session.Run(Values<float>(0), Values<float>(1)),
                () => _session.Run(Values<float>(0), Values<float>(1), _never.Token),
                () => _session.Run(Values<float>(0), Values<float>(1), TimeSpan.MaxValue));
        }
        else if (input == ElementType.UInt8)
        {
            _runs.AddRange(
                () => _session.Run<byte, float>(_memory[0], Values<float>(1)),
                () => _session.Run<byte, float>(_memory[0], Values<float>(1), _never.Token),
                () => _session.Run<byte, float>(_memory[0], Values<float>(1), TimeSpan.MaxValue));
        }
    }

    private Span<T> Values<T>(int end) where T : unmanaged => MemoryMarshal.Cast<byte, T>(_memory[end].AsSpan());

    private SessionCall Call()
    {
        SessionCall call = _session.With();
        for (int end = 0; end < _memory.Length; end++)
        {
            bool isInput = end < _session.Inputs.Length;
            SessionValue value = isInput ? _session.Inputs[end] : _session.Outputs[end - _session.Inputs.Length];
            call = value.Type switch
            {
                ElementType.Float32 => Name<float>(call, end, value.Name),
                ElementType.Float16 => Name<Half>(call, end, value.Name),
                ElementType.Float64 => Name<double>(call, end, value.Name),
                ElementType.Int64 => Name<long>(call, end, value.Name),
                ElementType.Int32 => Name<int>(call, end, value.Name),
                ElementType.Int16 => Name<short>(call, end, value.Name),
                ElementType.Int8 => Name<sbyte>(call, end, value.Name),
                ElementType.UInt8 => Name<byte>(call, end, value.Name),
                _ => Name<bool>(call, end, value.Name),
            };
        }

        return call;
    }

    private SessionCall Name<T>(SessionCall call, int end, string name) where T : unmanaged =>
        end < _session.Inputs.Length ? call.Input<T>(name, Values<T>(end)) : call.Output<T>(name, Values<T>(end));

    private unsafe void RunAtAddresses()
    {
        nint[] addresses = [.. _memory.Select(memory => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(memory)))];
        _session.Execute(addresses, null);
    }
}
