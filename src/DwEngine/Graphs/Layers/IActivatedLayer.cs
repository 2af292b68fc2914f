using DwEngine.Kernels;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// A layer that can apply an activation to its results when it stores them, which spares the layer after it a pass over memory.
/// </summary>
public interface IActivatedLayer
{
    /// <summary>What is done to each result; <see cref="Activation.None"/> for nothing.</summary>
    Activation Epilogue { get; }

    /// <summary>The same layer with another epilogue.</summary>
    Layer WithEpilogue(Activation epilogue);
}
