using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>
/// Further fluent methods for layers that move or convert elements. Each takes an optional name for the node. They throw what the methods
/// of <see cref="ValueHandle"/> throw.
/// </summary>
public static class LayoutMethods
{
    /// <summary>Appends a <see cref="Layers.Squeeze"/> of certain axes; of all of length 1 if none is named.</summary>
    public static ValueHandle Squeeze(this ValueHandle x, ImmutableArray<int> axes = default, string? name = null) =>
        x.Apply(axes.IsDefault ? new Squeeze() : new Squeeze(axes), name);

    /// <summary>Appends an <see cref="Layers.Unsqueeze"/>.</summary>
    public static ValueHandle Unsqueeze(this ValueHandle x, ImmutableArray<int> axes, string? name = null) =>
        x.Apply(new Unsqueeze(axes), name);

    /// <summary>Appends a <see cref="Layers.Tile"/>.</summary>
    public static ValueHandle Tile(this ValueHandle x, ImmutableArray<int> repeats, string? name = null) =>
        x.Builder.Apply(new Tile(), [x, Integers(x, repeats)], name)[0];

    /// <summary>Appends a <see cref="Layers.DepthToSpace"/>.</summary>
    public static ValueHandle DepthToSpace(this ValueHandle x, int blockSize, bool columnRowDepth = false, string? name = null) =>
        x.Apply("DepthToSpace", () => new DepthToSpace(blockSize, columnRowDepth), name);

    /// <summary>Appends a <see cref="Layers.SpaceToDepth"/>.</summary>
    public static ValueHandle SpaceToDepth(this ValueHandle x, int blockSize, string? name = null) =>
        x.Apply("SpaceToDepth", () => new SpaceToDepth(blockSize), name);

    /// <summary>Appends a <see cref="Layers.Resize"/> by scales.</summary>
    public static ValueHandle Resize(
        this ValueHandle x, ImmutableArray<float> scales, ResizeOptions? options = null, string? name = null) =>
        x.Builder.Apply(
            new Resize(options ?? new ResizeOptions()),
            [x, x.Builder.Constant(Tensor.FromFloats(new Shape(scales.Length), scales.AsSpan()))],
            name)[0];

    /// <summary>Appends a <see cref="Layers.Resize"/> to sizes.</summary>
    public static ValueHandle ResizeTo(this ValueHandle x, ImmutableArray<int> sizes, ResizeOptions? options = null, string? name = null) =>
        x.Builder.Apply(new Resize(options ?? new ResizeOptions()), [x, Integers(x, sizes)], name)[0];

    /// <summary>Appends a <see cref="Layers.NonMaxSuppression"/>.</summary>
    /// <param name="boxes">The boxes, N x B x 4.</param>
    /// <param name="scores">The scores, N x C x B.</param>
    /// <param name="most">How many boxes of a class of an image are taken at most.</param>
    /// <param name="maximumOverlap">Above which intersection over union with a better one a box goes.</param>
    /// <param name="minimumScore">Above which score boxes count; null if all do.</param>
    /// <param name="isCentered">Whether boxes are the middle and the size, not two corners.</param>
    /// <param name="name">The node's name; generated if null.</param>
    public static ValueHandle NonMaxSuppression(
        this ValueHandle boxes, ValueHandle scores, int most, float maximumOverlap, float? minimumScore = null, bool isCentered = false,
        string? name = null)
    {
        ValueHandle overlap = boxes.Builder.Constant(Tensor.FromFloats(new Shape(), [maximumOverlap]));
        ValueHandle[] inputs = [boxes, scores, Integers(boxes, [most]), overlap];
        return boxes.Builder.Apply(
            new NonMaxSuppression(isCentered),
            minimumScore is { } minimum ? [.. inputs, boxes.Builder.Constant(Tensor.FromFloats(new Shape(), [minimum]))] : inputs,
            name)[0];
    }

    /// <summary>Appends a <see cref="Layers.Cast"/>.</summary>
    public static ValueHandle Cast(this ValueHandle x, ElementType type, string? name = null) =>
        x.Apply("Cast", () => new Cast(type), name);

    /// <summary>Appends a <see cref="Logical"/> that is true where both Bools are true.</summary>
    public static ValueHandle And(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Logical("And"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Logical"/> that is true where one of the Bools is true or both.</summary>
    public static ValueHandle Or(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Logical("Or"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Logical"/> that is true where one of the Bools is true.</summary>
    public static ValueHandle Xor(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Logical("Xor"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Logical"/> that is true where the Bool is false.</summary>
    public static ValueHandle Not(this ValueHandle x, string? name = null) =>
        x.Xor(x.Builder.Constant(Tensor.FromBytes(ElementType.Bool, new Shape(), [1])), name);

    private static ValueHandle Integers(ValueHandle x, ImmutableArray<int> values) =>
        x.Builder.Constant(Tensor.FromBytes(ElementType.Int32, new Shape(values.Length), MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
}
