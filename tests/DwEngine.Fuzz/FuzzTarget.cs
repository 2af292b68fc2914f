namespace DwEngine.Fuzz;

/// <summary>One thing that is fed with random input.</summary>
internal abstract class FuzzTarget
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Inputs that are accepted, from which others are made.</summary>
    public abstract IReadOnlyList<byte[]> Corpus { get; }

    /// <summary>The longest input that is made.</summary>
    public virtual int LongestInput => 1 << 16;

    /// <summary>Makes an input of one that was made before.</summary>
    /// <param name="input">An element of <see cref="Corpus"/>, or an input that had a new outcome.</param>
    /// <param name="other">Another such, for parts that are taken over.</param>
    /// <param name="random">The only source of chance.</param>
    public abstract byte[] Mutate(byte[] input, byte[] other, Random random);

    /// <summary>Feeds an input.</summary>
    /// <exception cref="DwEngineException">The input is refused, as it should be.</exception>
    /// <exception cref="WrongResultException">The result is wrong.</exception>
    public abstract void Run(byte[] input);

    /// <summary>The most managed bytes that one execution may allocate, those that are free again included.</summary>
    public abstract long AllocationLimit(int inputLength);
}
