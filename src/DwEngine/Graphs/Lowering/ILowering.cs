using DwEngine.Tensors;

namespace DwEngine.Graphs.Lowering;

/// <summary>
/// What a layer sees of the plan that is being built: where its inputs lie, and how to say where its outputs lie and which kernels compute
/// them. A layer that only rearranges planes aliases them and emits nothing.
/// </summary>
internal interface ILowering
{
    /// <summary>The number of inputs.</summary>
    int InputCount { get; }

    /// <summary>How many workers will share the tasks of the kernels, for problems that are cut for them.</summary>
    int Workers { get; }

    /// <summary>What is known of an input.</summary>
    Fact InputFact(int index);

    /// <summary>What is known of an output.</summary>
    Fact OutputFact(int index);

    /// <summary>The planes of an input as they lie, and how many trailing axes form one.</summary>
    (Planes Planes, int Axes) View(int index);

    /// <summary>
    /// The planes of an input if its last <paramref name="axes"/> axes form a plane. Where they do not lie so, cutting costs nothing, and
    /// so does joining what follows one another; else they are copied.
    /// </summary>
    Planes Input(int index, int axes);

    /// <summary>Gives memory to a value that lies between the kernels of this layer.</summary>
    Planes AllocateBetween(Fact fact, int axes);

    /// <summary>Whether a kernel of the table solves a problem.</summary>
    bool IsSolvable<TProblem>(TProblem problem);

    /// <summary>Gives an output new memory, in which its last <paramref name="axes"/> axes form a plane.</summary>
    Planes Allocate(int index, int axes);

    /// <summary>Lets an output be planes that exist already, and that its last <paramref name="axes"/> axes form.</summary>
    void Alias(int index, Planes planes, int axes);

    /// <summary>Adds the kernel that solves a problem to the plan.</summary>
    /// <param name="problem">The problem; the kernel table finds the kernel.</param>
    /// <param name="inputs">The planes of all inputs, one after the other.</param>
    /// <param name="outputs">The planes that it writes, output after output.</param>
    void Emit<TProblem>(TProblem problem, ReadOnlySpan<Planes> inputs, params ReadOnlySpan<Planes> outputs);

    /// <summary>Adds a kernel whose result lies between the kernels of this layer.</summary>
    /// <param name="problem">The problem; the kernel table finds the kernel.</param>
    /// <param name="inputs">The planes of all inputs, one after the other.</param>
    /// <param name="output">The planes that it writes.</param>
    /// <param name="shape">The shape of what it writes.</param>
    void EmitBetween<TProblem>(TProblem problem, ReadOnlySpan<Planes> inputs, Planes output, Shape shape);
}

/// <summary>Shorter forms for layers that read and write the planes that are usual for a shape.</summary>
internal static class LoweringExtensions
{
    /// <summary>The shape of an input.</summary>
    public static Shape InputShape(this ILowering lowering, int index) => lowering.InputFact(index).Shape;

    /// <summary>The shape of an output.</summary>
    public static Shape OutputShape(this ILowering lowering, int index) => lowering.OutputFact(index).Shape;

    /// <summary>The planes of an input, with the axes of <see cref="Planes.StandardAxes"/>.</summary>
    public static Planes Input(this ILowering lowering, int index) =>
        lowering.Input(index, Planes.StandardAxes(lowering.InputShape(index)));

    /// <summary>Gives an output new memory, with the axes of <see cref="Planes.StandardAxes"/>.</summary>
    public static Planes Allocate(this ILowering lowering, int index) =>
        lowering.Allocate(index, Planes.StandardAxes(lowering.OutputShape(index)));

    /// <summary>Lets an output be planes that exist already, with the axes of <see cref="Planes.StandardAxes"/>.</summary>
    public static void Alias(this ILowering lowering, int index, Planes planes) =>
        lowering.Alias(index, planes, Planes.StandardAxes(lowering.OutputShape(index)));
}
