using DwEngine.Graphs.Lowering;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// A layer whose output has the elements of its first input in other places: another list of planes where they lie well, one strided copy
/// where not. Elements are of any type. Further inputs must be constant: they say where to.
/// </summary>
public abstract class RearrangingLayer : Layer
{
    private protected RearrangingLayer()
    {
    }

    internal override void Lower(ILowering lowering)
    {
        var facts = new Fact[lowering.InputCount];
        for (int i = 0; i < facts.Length; i++)
        {
            facts[i] = lowering.InputFact(i);
        }

        (Rearrangement rearrangement, ulong fill) = Rearrange(facts);
        rearrangement.Lower(lowering, fill);
    }

    /// <summary>
    /// Where each output axis comes from, and the bytes of the element that fills what comes from nowhere, the lowest first.
    /// </summary>
    private protected abstract (Rearrangement Rearrangement, ulong Fill) Rearrange(ReadOnlySpan<Fact> inputs);
}
