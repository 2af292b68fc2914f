using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;

namespace DwEngine.Compare;

/// <summary>ONNX Runtime with its CPU provider, its input and output bound to fixed memory.</summary>
internal sealed class PeerRunner : IRunner
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly List<OrtValue> _values = [];
    private readonly ImmutableArray<OrtIoBinding> _bindings;
    private readonly float[] _input;
    private readonly float[] _output;

    // Takes over the session.
    private PeerRunner(InferenceSession session, int batch, int imagesInCall)
    {
        _session = session;
        (string inputName, NodeMetadata inputFacts) = session.InputMetadata.Single();
        (string outputName, NodeMetadata outputFacts) = session.OutputMetadata.Single();
        long[] inputShape = ShapeOf(inputName, inputFacts, imagesInCall), outputShape = ShapeOf(outputName, outputFacts, imagesInCall);
        int inputLength = Length(inputShape), outputLength = Length(outputShape), calls = batch / imagesInCall;
        if (inputShape.Length != 4)
        {
            throw new CompareException(
                $"'{inputName}' of the ONNX model has {inputShape.Length} dimensions; expected images, N x C x H x W.");
        }

        Batch = batch;
        Height = (int)inputShape[2];
        Width = (int)inputShape[3];
        _input = new float[inputLength * calls];
        _output = new float[outputLength * calls];
        _bindings = [.. Enumerable.Range(0, calls).Select(call =>
        {
            OrtIoBinding binding = session.CreateIoBinding();
            binding.BindInput(inputName, Bind(_input.AsMemory(call * inputLength, inputLength), inputShape));
            binding.BindOutput(outputName, Bind(_output.AsMemory(call * outputLength, outputLength), outputShape));
            return binding;
        })];
    }

    /// <inheritdoc/>
    public Engine Engine => Engine.Peer;

    /// <summary>The version of ONNX Runtime.</summary>
    public static string Version => OrtEnv.Instance().GetVersionString();

    /// <summary>Images in one run.</summary>
    public int Batch { get; }

    /// <summary>Height of the input in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of the input in pixels.</summary>
    public int Width { get; }

    /// <summary>Calls of ONNX Runtime in one run: more than 1 where its model is fixed to fewer images than the batch.</summary>
    public int Calls => _bindings.Length;

    /// <inheritdoc/>
    public Span<float> Input => _input;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Output => _output;

    /// <summary>A model as it stands in its file; where that leaves the batch open, one image at a time.</summary>
    public static PeerRunner FromFile(string onnx, int threads) => FromSession(CreateSession(onnx, threads), 1);

    /// <summary>A model in memory; <paramref name="batch"/> counts where it leaves the batch open.</summary>
    public static PeerRunner FromBytes(byte[] onnx, int batch, int threads)
    {
        using SessionOptions options = Options(threads);
        return FromSession(new InferenceSession(onnx, options), batch);
    }

    /// <summary>A model as it stands in its file, called as often as the batch needs.</summary>
    /// <param name="onnx">The file.</param>
    /// <param name="batch">A multiple of the images that the model takes.</param>
    /// <param name="threads">The threads.</param>
    public static PeerRunner Repeated(string onnx, int batch, int threads)
    {
        InferenceSession session = CreateSession(onnx, threads);
        int images = FixedBatch(session) ?? 1;
        return batch % images == 0
            ? new PeerRunner(session, batch, images)
            : throw new CompareException($"{onnx} takes {images} images at a time; a batch of {batch} cannot be made of that.");
    }

    /// <inheritdoc/>
    public void Run()
    {
        foreach (OrtIoBinding binding in _bindings)
        {
            _session.RunWithBinding(_runOptions, binding);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (OrtIoBinding binding in _bindings)
        {
            binding.Dispose();
        }

        _values.ForEach(value => value.Dispose());
        _runOptions.Dispose();
        _session.Dispose();
    }

    private static PeerRunner FromSession(InferenceSession session, int openBatch)
    {
        int batch = FixedBatch(session) ?? openBatch;
        return new PeerRunner(session, batch, batch);
    }

    private static InferenceSession CreateSession(string onnx, int threads)
    {
        using SessionOptions options = Options(threads);
        return new InferenceSession(onnx, options);
    }

    private static SessionOptions Options(int threads)
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // Its default, said aloud: without spinning its threads would pay for a wake-up at every layer.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "1");
        return options;
    }

    private static int? FixedBatch(InferenceSession session)
    {
        if (session.InputMetadata.Count != 1 || session.OutputMetadata.Count != 1)
        {
            throw new CompareException(
                $"The ONNX model has {session.InputMetadata.Count} inputs and {session.OutputMetadata.Count} outputs; "
                + "expected one of each.");
        }

        int[] shape = session.InputMetadata.Values.Single().Dimensions;
        return shape is [> 0, ..] ? shape[0] : null;
    }

    private static long[] ShapeOf(string name, NodeMetadata facts, int openBatch)
    {
        long[] shape = [.. facts.Dimensions.Select(dimension => (long)dimension)];
        if (shape is [<= 0, ..])
        {
            shape[0] = openBatch;
        }

        return shape.Length >= 2 && shape.All(dimension => dimension > 0)
            ? shape
            : throw new CompareException(
                $"'{name}' of the ONNX model has the shape {string.Join(" x ", shape)}; expected all but the batch to be fixed.");
    }

    private static int Length(long[] shape) => checked((int)shape.Aggregate((product, dimension) => checked(product * dimension)));

    private OrtValue Bind(Memory<float> memory, long[] shape)
    {
        OrtValue value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory, shape);
        _values.Add(value);
        return value;
    }
}
