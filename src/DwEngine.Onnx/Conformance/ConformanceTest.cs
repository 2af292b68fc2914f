using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Onnx.Reading;
using DwEngine.Onnx.Schema;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Conformance;

/// <summary>
/// One of ONNX's own tests: a folder with a network, and folders of what it is fed and should give, each tensor in a file of its own.
/// </summary>
public static class ConformanceTest
{
    // ONNX's own tolerances.
    private const double Relative = 1e-3, Absolute = 1e-7;

    private const string ModelName = "model.onnx", DataPrefix = "test_data_set_", InputPrefix = "input_", OutputPrefix = "output_",
    Suffix = ".pb";

    /// <summary>The folders of tests in a folder, itself included, by name.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static IEnumerable<string> Find(string folder) =>
        Directory.EnumerateFiles(folder, ModelName, SearchOption.AllDirectories).Select(path => Path.GetDirectoryName(path)!)
            .Order(StringComparer.Ordinal);

    /// <summary>Runs a test with all its data.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="options">How sessions run; null for the default. Their shapes are those of the data.</param>
    public static ConformanceResult Run(string folder, SessionOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        string model = Path.Combine(folder, ModelName);
        try
        {
            string[] inputs = InputNames(model);
            string[] sets = [.. Directory.EnumerateDirectories(folder, DataPrefix + "*").Order(StringComparer.Ordinal)];
            foreach (string set in sets)
            {
                Tensor[] values = Load(set, InputPrefix), expected = Load(set, OutputPrefix);
                if (TryRunSet(model, inputs, values, expected, options ?? SessionOptions.Default) is { } problem)
                {
                    return values.Concat(expected).Any(tensor => tensor.Shape.ElementCount == 0)
                        ? new ConformanceResult(name, ConformanceOutcome.Unsupported, WithoutElements(Path.GetFileName(set)))
                        : new ConformanceResult(name, ConformanceOutcome.Failed, $"{Path.GetFileName(set)}: {problem}");
                }
            }

            return sets.Length > 0
                ? new ConformanceResult(name, ConformanceOutcome.Passed, "")
                : new ConformanceResult(name, ConformanceOutcome.Failed, $"has no folder {DataPrefix}0 of data");
        }
        catch (OnnxUnsupportedException error)
        {
            return new ConformanceResult(name, ConformanceOutcome.Unsupported, string.Join("; ", error.Nodes));
        }
        catch (Exception error) when (error is DwEngineException or IOException or UnauthorizedAccessException)
        {
            return new ConformanceResult(name, ConformanceOutcome.Failed, error.Message);
        }
    }

    // Those that have no initialiser are fed first where there are as many files.
    private static string[] InputNames(string path)
    {
        using SourceFile file = SourceFile.Open(path);
        using var stream = new SourceStream(file);
        ModelProto model = ModelReader.Read(path, stream, new MemoryBudget(file));
        if (model.Graph?.Input.FirstOrDefault(input => input.Type?.TensorType is null) is { } other)
        {
            throw new OnnxUnsupportedException(
                path, [new UnsupportedNode(other.Name, "input", 0, "sequences, maps and optional values are not supported")]);
        }

        HashSet<string> initialised = [.. model.Graph?.Initializer.Select(tensor => tensor.Name) ?? []];
        return [.. (model.Graph?.Input.Select(input => input.Name) ?? []).Where(name => !initialised.Contains(name))];
    }

    private static string? TryRunSet(string path, string[] names, Tensor[] values, Tensor[] expected, SessionOptions options)
    {
        try
        {
            return RunSet(path, names, values, expected, options);
        }
        catch (DwEngineException error) when (error is not OnnxUnsupportedException)
        {
            return error.Message;
        }
    }

    private static string? RunSet(string path, string[] names, Tensor[] values, Tensor[] expected, SessionOptions options)
    {
        if (values.Length > names.Length)
        {
            return $"has {values.Length} inputs; the network has {names.Length}";
        }

        var inputs = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        for (int i = 0; i < values.Length; i++)
        {
            inputs.Add(names[i], values[i]);
        }

        using var model = new Model(LoadFor(path, inputs).Graph);
        using Session session = model.CreateSession(options with
        {
            InputShapes = model.Graph.Inputs.Where(input => inputs.ContainsKey(input.Name))
                .ToDictionary(input => input.Name, input => inputs[input.Name].Shape),
        });
        foreach (SessionValue input in session.Inputs)
        {
            if (!inputs.TryGetValue(input.Name, out Tensor? value) || value.Type != input.Type)
            {
                return $"the input '{input.Name}' is fed {value?.Type.ToString() ?? "nothing"}; {input.Type} was expected";
            }

            value.Bytes.CopyTo(session.InputBytes(input.Name));
        }

        session.Run();
        return session.Outputs.Length == expected.Length
            ? Enumerable.Range(0, expected.Length).Select(i => Compare(session, session.Outputs[i], expected[i])).FirstOrDefault(
                problem => problem is not null)
            : $"has {expected.Length} outputs; the network has {session.Outputs.Length}";
    }

    private static string WithoutElements(string set) =>
        new UnsupportedNode(set, "data", 0, "tensors without elements are not supported").ToString();

    // Networks that take as an input what the engine must know when it plans, such as weights, get it as a constant.
    private static OnnxNetwork LoadFor(string path, Dictionary<string, Tensor> inputs)
    {
        var constants = ImmutableDictionary.Create<string, Tensor>(StringComparer.Ordinal);
        var shapes = inputs.ToDictionary(pair => pair.Key, pair => pair.Value.Shape);
        while (true)
        {
            try
            {
                return OnnxFile.Load(path, new OnnxOptions { Constants = constants, InputShapes = shapes });
            }
            catch (OnnxUnsupportedException error)
            {
                string[] needed =
                    [.. error.Nodes.Select(node => node.Input).OfType<string>().Distinct().Where(
                        name => inputs.ContainsKey(name) && !constants.ContainsKey(name))];
                if (needed.Length == 0)
                {
                    throw;
                }

                constants = constants.SetItems(needed.Select(name => KeyValuePair.Create(name, inputs[name])));
            }
        }
    }

    private static Tensor[] Load(string set, string prefix)
    {
        var tensors = new List<Tensor>();
        for (string path = PathOf(0); File.Exists(path); path = PathOf(tensors.Count))
        {
            tensors.Add(OnnxTensorFile.Load(path));
        }

        return [.. tensors];

        string PathOf(int index) => Path.Combine(set, string.Create(CultureInfo.InvariantCulture, $"{prefix}{index}{Suffix}"));
    }

    private static string? Compare(Session session, SessionValue output, Tensor expected)
    {
        Shape shape = output.ShapeOf(session.OutputBytes(output.Name));
        if (output.Type != expected.Type || shape != expected.Shape)
        {
            return $"the output '{output.Name}' is {output.Type} {shape}; {expected.Type} {expected.Shape} was expected";
        }

        return output.Type switch
        {
            ElementType.Float32 => Near(output.Name, session.Output<float>(output.Name), expected.Floats),
            ElementType.Int64 => Same(
                output.Name,
                session.Output<long>(output.Name)[..(int)shape.ElementCount],
                MemoryMarshal.Cast<byte, long>(expected.Bytes)),
            ElementType.Int32 => Same(output.Name, session.Output<int>(output.Name), MemoryMarshal.Cast<byte, int>(expected.Bytes)),
            ElementType.Int16 => Same(output.Name, session.Output<short>(output.Name), MemoryMarshal.Cast<byte, short>(expected.Bytes)),
            ElementType.Int8 => Same(output.Name, session.Output<sbyte>(output.Name), MemoryMarshal.Cast<byte, sbyte>(expected.Bytes)),
            ElementType.Bool => Same(output.Name, session.Output<bool>(output.Name), MemoryMarshal.Cast<byte, bool>(expected.Bytes)),
            _ => Same(output.Name, session.Output<byte>(output.Name), expected.Bytes),
        };
    }

    private static string? Near(string name, ReadOnlySpan<float> found, ReadOnlySpan<float> expected)
    {
        for (int i = 0; i < found.Length; i++)
        {
            bool isSame = found[i] == expected[i] || (float.IsNaN(found[i]) && float.IsNaN(expected[i]));
            if (!isSame && !(Math.Abs((double)found[i] - expected[i]) <= Absolute + (Relative * Math.Abs((double)expected[i]))))
            {
                return Different(name, i, found[i], expected[i]);
            }
        }

        return null;
    }

    private static string? Same<T>(string name, ReadOnlySpan<T> found, ReadOnlySpan<T> expected) where T : unmanaged, IEquatable<T>
    {
        int place = found.CommonPrefixLength(expected);
        return place == found.Length ? null : Different(name, place, found[place], expected[place]);
    }

    private static string Different<T>(string name, int place, T found, T expected) => string.Create(
        CultureInfo.InvariantCulture, $"element {place} of the output '{name}' is {found}; {expected} was expected");
}
