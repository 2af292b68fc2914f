using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Onnx.Reading;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;

namespace DwEngine.Onnx;

/// <summary>An input of the file's graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its shape; 0 for dimensions that are open.</param>
/// <param name="Dimensions">The dimensions that have a name, or are open.</param>
internal sealed record DeclaredInput(string Name, ElementType Type, ImmutableArray<int> Shape, ImmutableArray<NamedDimension> Dimensions)
{
    /// <summary>Whether some dimension has no length until somebody names one.</summary>
    public bool IsOpen => Dimensions.Any(dimension => !dimension.HasDefault);

    /// <summary>The shape with a length for the dimensions that are open.</summary>
    public Shape With(int length) => new([.. Shape.Select(size => size == 0 ? length : size)]);
}

/// <summary>What the file says of its graph's inputs.</summary>
internal static class InputShapes
{
    /// <summary>Reads the inputs.</summary>
    /// <param name="inputs">Those that a caller feeds.</param>
    /// <param name="options">Shapes for those that are open.</param>
    /// <param name="error">Makes an error that names the file.</param>
    public static ImmutableArray<DeclaredInput> Read(
        IReadOnlyList<ValueInfoProto> inputs, OnnxOptions options, Func<string, string, FileFormatException> error)
    {
        // A dimension that counts images somewhere does so everywhere.
        HashSet<string> batches =
        [
            .. inputs.Select(input => input.Type?.TensorType?.Shape?.Dim).Where(shape => shape is { Count: > 0 })
                .Select(shape => shape![0].DimParam).Where(name => name.Length > 0),
        ];
        return [.. inputs.Select(input => Read(input, batches, options, error))];
    }

    private static DeclaredInput Read(
        ValueInfoProto input, HashSet<string> batches, OnnxOptions options, Func<string, string, FileFormatException> error)
    {
        string location = $"input {Quoting.Quoted(input.Name)}";
        TypeProto.Types.Tensor type =
            input.Type?.TensorType ?? throw error(location, "is no tensor; sequences, maps and optional values are not supported");
        ElementType elements = TensorReader.TypeOf(type.ElemType) is { } known && !IsWidened(type.ElemType)
            ? known
            : throw error(location, $"has elements of the type {TensorReader.NameOf(type.ElemType)}, which is not supported");
        Shape? asked = options.InputShapes.TryGetValue(input.Name, out Shape shape) ? shape : null;
        if (type.Shape is null)
        {
            return asked is { } told
                ? new DeclaredInput(input.Name, elements, [.. told.Dimensions], [])
                : throw error(location, $"has no shape; one is needed ({nameof(OnnxOptions)}.{nameof(OnnxOptions.InputShapes)})");
        }

        int rank = type.Shape.Dim.Count;
        if (rank > Shape.MaxRank || (asked is { } wrong && wrong.Rank != rank))
        {
            throw error(location, rank > Shape.MaxRank
                ? $"has {rank} dimensions; at most {Shape.MaxRank} are supported"
                : $"has {rank} dimensions; the shape {asked} is asked for");
        }

        var dimensions = ImmutableArray.CreateBuilder<NamedDimension>();
        int[] sizes = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            TensorShapeProto.Types.Dimension dimension = type.Shape.Dim[axis];
            if (dimension.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue && dimension.DimValue > 0)
            {
                sizes[axis] = dimension.DimValue <= int.MaxValue
                    ? asked?[axis] ?? (int)dimension.DimValue
                    : throw error(location, $"dimension {axis} is {dimension.DimValue}; at most {int.MaxValue} is supported");
                continue;
            }

            // Some writers put 0 or -1 where they do not know.
            string name = dimension.DimParam.Length > 0 ? dimension.DimParam : $"{input.Name}[{axis}]";
            bool isBatch = axis == 0 || batches.Contains(name);
            sizes[axis] = asked?[axis] ?? (isBatch ? 1 : 0);
            dimensions.Add(new NamedDimension(axis, name, sizes[axis] > 0));
        }

        return new DeclaredInput(input.Name, elements, [.. sizes], dimensions.ToImmutable());
    }

    // As weights, unsigned numbers of more bytes become Int64; a caller would have to know.
    private static bool IsWidened(int type) => (TensorProto.Types.DataType)type
        is TensorProto.Types.DataType.Uint16 or TensorProto.Types.DataType.Uint32 or TensorProto.Types.DataType.Uint64;
}
