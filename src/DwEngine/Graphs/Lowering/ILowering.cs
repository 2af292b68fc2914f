using DwEngine.Tensors;

namespace DwEngine.Graphs.Lowering;

/// <summary>
/// What a layer sees of the plan that is being built: where its inputs lie, and how to say where its outputs lie and which kernels compute
/// them. A layer that only rearranges channels aliases planes and emits nothing.
/// </summary>
internal interface ILowering
{
    /// <summary>The number of inputs.</summary>
    int InputCount { get; }

    /// <summary>The shape of an input.</summary>
    Shape InputShape(int index);

    /// <summary>The shape of an output.</summary>
    Shape OutputShape(int index);

    /// <summary>The planes of an input.</summary>
    Planes Input(int index);

    /// <summary>Gives an output new memory.</summary>
    Planes Allocate(int index);

    /// <summary>Gives memory to a value that lies between the kernels of this layer.</summary>
    Planes AllocateBetween(Shape shape);

    /// <summary>Whether a kernel of the table solves a problem.</summary>
    bool IsSolvable<TProblem>(TProblem problem);

    /// <summary>Lets an output be planes that exist already.</summary>
    void Alias(int index, Planes planes);

    /// <summary>Adds the kernel that solves a problem to the plan.</summary>
    /// <param name="problem">The problem; the kernel table finds the kernel.</param>
    /// <param name="inputs">The planes of all inputs, one after the other.</param>
    /// <param name="output">The planes that it writes.</param>
    /// <param name="shape">The shape of what it writes; null for that of the first output.</param>
    void Emit<TProblem>(TProblem problem, ReadOnlySpan<Planes> inputs, Planes output, Shape? shape = null);
}
