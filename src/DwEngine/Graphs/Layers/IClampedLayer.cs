using DwEngine.Kernels;

namespace DwEngine.Graphs.Layers;

/// <summary>A layer that can clamp its results before it stores them, which spares the activation after it a pass over memory.</summary>
public interface IClampedLayer
{
    /// <summary>What is done to each result; <see cref="Clamp.None"/> for nothing.</summary>
    Clamp Epilogue { get; }

    /// <summary>The same layer with another epilogue.</summary>
    Layer WithEpilogue(Clamp epilogue);
}
