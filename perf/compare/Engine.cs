using System.Diagnostics.CodeAnalysis;
using DwEngine.Runtime;
using DwEngine.Simd;

namespace DwEngine.Compare;

/// <summary>The two that are compared.</summary>
internal enum Engine
{
    /// <summary>This engine.</summary>
    Ours,

    /// <summary>ONNX Runtime.</summary>
    Peer,
}

/// <summary>How a side runs, beside its network.</summary>
/// <param name="Threads">Threads of either side.</param>
/// <param name="Isa">The instruction set of this engine's kernels; null for the CPU's best.</param>
/// <param name="Affinity">Where this engine's helpers run.</param>
internal sealed record RunnerOptions(int Threads, Isa? Isa = null, ThreadAffinity Affinity = ThreadAffinity.OwnCores)
{
    /// <summary>The same for a session of this engine.</summary>
    public SessionOptions ForSession() => new() { Threads = Threads, Isa = Isa, Affinity = Affinity };
}

/// <summary>Names and runners of the engines.</summary>
internal static class Engines
{
    /// <summary>How command lines of children and keys of JSON name an engine.</summary>
    public static string WordOf(Engine engine) => engine switch
    {
        Engine.Ours => "ours",
        Engine.Peer => "peer",
        _ => throw new ArgumentOutOfRangeException(nameof(engine)),
    };

    /// <summary>How people name an engine.</summary>
    public static string NameOf(Engine engine) => engine == Engine.Ours ? "DwEngine" : "ONNX Runtime";

    /// <summary>The engine that a word names.</summary>
    public static bool TryParse(string word, out Engine engine)
    {
        engine = word == WordOf(Engine.Peer) ? Engine.Peer : Engine.Ours;
        return word == WordOf(engine);
    }

    /// <summary>Loads a network from a file of the kind that the engine reads.</summary>
    /// <exception cref="CompareException">What was loaded is the other engine.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The caller disposes it.")]
    public static IRunner Load(Engine engine, string file, RunnerOptions options)
    {
        IRunner runner = engine == Engine.Ours ? EngineRunner.FromFile(file, options.ForSession())
            : PeerRunner.FromFile(file, options.Threads);
        return runner.Engine == engine ? runner : throw new CompareException($"{file} was loaded by {NameOf(runner.Engine)}.");
    }
}

/// <summary>One thing for each engine.</summary>
/// <param name="Ours">This engine's.</param>
/// <param name="Peer">ONNX Runtime's.</param>
internal sealed record BySide<T>(T Ours, T Peer)
{
    /// <summary>The one of an engine.</summary>
    public T this[Engine engine] => engine == Engine.Ours ? Ours : Peer;
}

/// <summary>Makes things for both engines.</summary>
internal static class BySide
{
    /// <summary>Asks for the thing of each engine, first of this one.</summary>
    public static BySide<T> Of<T>(Func<Engine, T> make)
    {
        T ours = make(Engine.Ours);
        return new BySide<T>(ours, make(Engine.Peer));
    }
}
