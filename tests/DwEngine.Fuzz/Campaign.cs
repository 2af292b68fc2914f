using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Text.RegularExpressions;

namespace DwEngine.Fuzz;

/// <summary>
/// Feeds one target for some time. Inputs whose outcome is new, that is, an error message that was not seen yet, are kept and mutated
/// further. The same seed makes the same inputs in the same order, however many come to be executed.
/// </summary>
/// <remarks>
/// The input under way lies in a file, so that it is there even if the process crashes. Whatever fails is written beside it with what
/// happened.
/// </remarks>
internal sealed partial class Campaign : IDisposable
{
    private const int MostKept = 512;

    private readonly FuzzTarget _target;
    private readonly int _seed;
    private readonly string _folder;
    private readonly TimeSpan _hang;
    private readonly List<byte[]> _corpus;
    private readonly HashSet<string> _outcomes = new(StringComparer.Ordinal);
    private readonly MemoryMappedFile _current;
    private readonly MemoryMappedViewAccessor _view;
    private long _started;
    private byte[] _input = [];

    public Campaign(FuzzTarget target, int seed, string folder, TimeSpan hang)
    {
        _target = target;
        _seed = seed;
        _folder = folder;
        _hang = hang;
        _corpus = [.. target.Corpus];
        Directory.CreateDirectory(folder);
        _current = MemoryMappedFile.CreateFromFile(CurrentPath, FileMode.Create, null, target.LongestInput + sizeof(int));
        _view = _current.CreateViewAccessor();
    }

    private string CurrentPath => Path.Combine(_folder, $"{_target.Name}.current");

    /// <summary>Runs every element of the corpus, then mutations for so long.</summary>
    /// <returns>Whether nothing failed.</returns>
    public bool Run(TimeSpan duration)
    {
        var random = new Random(_seed);
        long executions = 0, mostAllocated = 0, start = Stopwatch.GetTimestamp();
        TimeSpan slowest = TimeSpan.Zero;
        using var watchdog = new Timer(_ => EndIfHung(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        bool passed = true;
        while (passed && (executions < _target.Corpus.Count || Stopwatch.GetElapsedTime(start) < duration))
        {
            byte[] input = executions < _target.Corpus.Count ? _target.Corpus[(int)executions] : Next(random);
            (passed, TimeSpan elapsed, long allocated) = Execute(input, isSeed: executions < _target.Corpus.Count);
            executions++;
            slowest = elapsed > slowest ? elapsed : slowest;
            mostAllocated = Math.Max(mostAllocated, allocated);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_target.Name,-14} {executions,10} executions in {Stopwatch.GetElapsedTime(start).TotalSeconds,6:F0} s, "
                + $"{_outcomes.Count,4} outcomes, "
            + $"slowest {slowest.TotalMilliseconds,6:F0} ms, most allocated {mostAllocated / 1048576.0,6:F1} "
            + $"MiB{(passed ? "" : "  FAILED")}"));
        return passed;
    }

    /// <summary>Feeds one input, such as one that failed before.</summary>
    /// <returns>Whether nothing failed.</returns>
    public bool Replay(byte[] input)
    {
        bool passed = Execute(input, isSeed: false).Passed;
        Console.WriteLine($"{_target.Name}: {(passed ? string.Join("; ", _outcomes) : "FAILED")}");
        return passed;
    }

    public void Dispose()
    {
        _view.Dispose();
        _current.Dispose();
        File.Delete(CurrentPath);
    }

    // What differs from input to input: quotations, and all but words, such as numbers and names of chunks.
    [GeneratedRegex("""'[^']*'|"[^"]*"|\S*[^a-z\s.,:;()]\S*""")]
    private static partial Regex Particulars();

    private byte[] Next(Random random)
    {
        byte[] input = _corpus[random.Next(_corpus.Count)];
        for (int count = 1 + random.Next(4); count > 0; count--)
        {
            input = _target.Mutate(input, _corpus[random.Next(_corpus.Count)], random);
        }

        return input.Length <= _target.LongestInput ? input : input[.._target.LongestInput];
    }

    private (bool Passed, TimeSpan Elapsed, long Allocated) Execute(byte[] input, bool isSeed)
    {
        _view.Write(0, input.Length);
        _view.WriteArray(sizeof(int), input, 0, input.Length);
        _input = input;
        long start = Stopwatch.GetTimestamp(), before = GC.GetAllocatedBytesForCurrentThread();
        Volatile.Write(ref _started, start);
        Exception? failure = null;
        string outcome = "accepted";
        try
        {
            _target.Run(input);
        }
        catch (DwEngineException refusal)
        {
            outcome = $"{refusal.GetType().Name}: {Particulars().Replace(refusal.Message, "#")}";
            failure = isSeed ? refusal : null;
        }
        catch (Exception error)
        {
            failure = error;
        }

        Volatile.Write(ref _started, 0);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        if (failure is null && allocated > _target.AllocationLimit(input.Length))
        {
            failure = new WrongResultException(
                $"{allocated} bytes were allocated for an input of {input.Length}; at most {_target.AllocationLimit(input.Length)} were "
                    + $"expected.");
        }

        if (failure is not null)
        {
            Report(input, failure.ToString());
            return (false, elapsed, allocated);
        }

        if (_outcomes.Add(outcome) && !isSeed && _corpus.Count < MostKept)
        {
            _corpus.Add(input);
        }

        return (true, elapsed, allocated);
    }

    private void EndIfHung()
    {
        long started = Volatile.Read(ref _started);
        if (started != 0 && Stopwatch.GetElapsedTime(started) > _hang)
        {
            Report(_input, $"No end after {_hang.TotalSeconds} s.");
            Environment.Exit(1);
        }
    }

    private void Report(byte[] input, string problem)
    {
        string path = Path.Combine(_folder, $"{_target.Name}-{_seed}-{DateTime.UtcNow:yyyyMMddHHmmssfff}");
        File.WriteAllBytes(path + ".bin", input);
        File.WriteAllText(path + ".txt", $"target {_target.Name}, seed {_seed}\n{problem}\n");
        Console.Error.WriteLine(
            $"{_target.Name}: failed with seed {_seed}; the input is {path}.bin (run it again with --target {_target.Name} --replay "
                + $"{path}.bin)\n{problem}");
    }
}
