using System.Collections.Immutable;
using System.Runtime;
using DwEngine.Decomposition.Threading;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Decomposition.Calibration;

/// <summary>
/// Streams images through a network, and through what has been made of it so far, and samples what its convolutions see. Layers are visited
/// once each, in the order that was announced; activations are kept at the last cut that all later layers share, and move on with it.
/// </summary>
internal sealed class Calibrator
{
    // G, its factor and a working copy: what methods hold beside the statistics themselves.
    private const int StatisticsCopies = 3;

    // Part of the bound from which on free memory is returned to the system before the next layer.
    private const int CommittedShare = 4;

    private readonly Graph _original;
    private readonly ICalibrationImages _images;
    private readonly CalibrationOptions _options;
    private readonly Queue<DecompositionSite> _sites;
    private readonly ActivationCache _originalCache;
    private readonly ActivationCache _decomposedCache;
    private float[] _buffer = [];

    /// <summary>Announces the layers to come.</summary>
    /// <param name="original">The network.</param>
    /// <param name="images">Images for it.</param>
    /// <param name="options">How they are sampled.</param>
    /// <param name="sites">The layers, from input to output.</param>
    /// <exception cref="DecompositionException">
    /// An option is out of range, there are no images, or the graph has several inputs.
    /// </exception>
    public Calibrator(Graph original, ICalibrationImages images, CalibrationOptions options, IEnumerable<DecompositionSite> sites)
    {
        options.Validate();
        if (images.Count < 1)
        {
            throw new DecompositionException("There are no calibration images.");
        }

        if (original.Inputs is not [var input])
        {
            throw new DecompositionException(
                $"A network with {Words.Count(original.Inputs.Length, "input")} cannot be calibrated; one input was expected.");
        }

        _original = original;
        _images = images;
        _options = options;
        _sites = new Queue<DecompositionSite>(sites);
        _originalCache = new ActivationCache(images, input, options.ActivationBytes, options.Threads);
        _decomposedCache = new ActivationCache(images, input, options.ActivationBytes, options.Threads);
        RequireMemory();
    }

    /// <summary>How many positions of each image are sampled of a layer, and how many numbers a position has for each group.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="inputShape">The shape of what it reads.</param>
    /// <param name="images">The number of images, at least 1.</param>
    /// <param name="options">How they are sampled.</param>
    public static (int Positions, int Inputs) SampleOf(DecompositionSite site, Shape inputShape, int images, CalibrationOptions options)
    {
        ConvolutionGeometry geometry = site.Convolution.Geometry(inputShape);
        int pixels = checked(geometry.OutputHeight * geometry.OutputWidth);
        long rows = RowsOf(site, options);
        return ((int)Math.Min(Math.Min(rows / images, options.PositionsPerImage ?? int.MaxValue), pixels), Lengths(site).Patch);
    }

    /// <summary>Samples the next layer.</summary>
    /// <param name="decomposed">
    /// The network as it has become, from which the patches are taken; null to take them from the original network, as the responses always
    /// are.
    /// </param>
    /// <param name="cancellation">Ends the work between two images.</param>
    /// <returns>Samples for each of the layer's groups, valid until the next call.</returns>
    /// <exception cref="DecompositionException">The memory bound is too small, or an activation is not finite.</exception>
    public ImmutableArray<LayerSamples> Next(Graph? decomposed, CancellationToken cancellation)
    {
        ReturnFreeMemory();
        Value[] targets = [.. _sites.Select(left => left.Input)];
        DecompositionSite site = _sites.Dequeue();
        _originalCache.Advance(_original, targets, cancellation);
        Model? toInput = _originalCache.ModelOf(_original, site.Input);
        Shape inputShape = _original.Infer(_original.Inputs[0].DefaultShape.With(0, 1))[site.Input].Shape;
        var chain = new Model(site.PartOf(site.LinearNodes(), inputShape));
        Model? toPatches = null;
        if (decomposed is not null)
        {
            _decomposedCache.Advance(decomposed, targets, cancellation);
            toPatches = _decomposedCache.ModelOf(decomposed, site.Input);
        }

        Layout layout = LayOut(site, inputShape);
        Workers.For(
            _images.Count,
            _options.Threads,
            () => new Worker(
                layout, _originalCache.Open(toInput), chain.CreateSession(), decomposed is null ? null : _decomposedCache.Open(toPatches)),
            (worker, image) => worker.Sample(image, _options),
            worker => worker.Dispose(),
            cancellation);
        return [.. Enumerable.Range(0, site.Groups).Select(group => layout.Samples(group, _options.Threads))];
    }

    /// <summary>Passes the next layer over.</summary>
    public void Skip() => _sites.Dequeue();

    // The collector lets free memory grow with what the machine has, not with the bound, and large arrays of many sizes leave gaps.
    private void ReturnFreeMemory()
    {
        if (GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes > _options.Memory / CommittedShare)
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    // Found out before the work, which may take long: the bound must hold the statistics of the largest layer and a position of each image.
    private void RequireMemory()
    {
        foreach (DecompositionSite site in _sites)
        {
            (int patch, int groupOutputs) = Lengths(site);
            long statistics =
                StatisticsCopies * sizeof(double) * (((long)patch * (patch + groupOutputs)) + ((long)groupOutputs * groupOutputs));
            long samples = (patch + groupOutputs) * (long)site.Groups * sizeof(float) * _images.Count;
            long needed = Math.Max(CalibrationOptions.MemoryForStatistics(statistics), CalibrationOptions.MemoryForSamples(samples));
            if (needed > _options.Memory)
            {
                throw new DecompositionException(
                    $"Layer '{site.Name}': a memory bound of {Words.Count(_options.Memory, "byte")} is too small; "
                    + $"{Words.Count(_images.Count, "image")} need at least {Words.Count(needed, "byte")}.");
            }
        }
    }

    // Numbers that a position has for one group: of the patch and of the response.
    private static (int Patch, int Outputs) Lengths(DecompositionSite site)
    {
        int outputs = site.Pointwise is { Layer: Convolution pointwise } ? pointwise.OutputChannels : site.Convolution.OutputChannels;
        return (site.Convolution.InputChannels / site.Groups * site.Convolution.Window.Taps, outputs / site.Groups);
    }

    // Positions of all images that the bounds allow.
    private static long RowsOf(DecompositionSite site, CalibrationOptions options)
    {
        (int patch, int groupOutputs) = Lengths(site);
        long row = (patch + groupOutputs) * (long)site.Groups;
        return Math.Min(Math.Min(options.SampleBytes / (row * sizeof(float)), Array.MaxLength / row), options.PositionsPerLayer);
    }

    private Layout LayOut(DecompositionSite site, Shape inputShape)
    {
        ConvolutionGeometry geometry = site.Convolution.Geometry(inputShape);
        (int patch, int groupOutputs) = Lengths(site);
        long row = (patch + groupOutputs) * (long)site.Groups;
        (int positions, _) = SampleOf(site, inputShape, _images.Count, _options);
        if (positions == 0)
        {
            throw new DecompositionException(
                $"Layer '{site.Name}': not one position of each of {Words.Count(_images.Count, "image")} can be sampled; "
                + $"the bounds are {Words.Count(RowsOf(site, _options), "position")}, of {row * sizeof(float)} bytes each.");
        }

        long needed = row * positions * _images.Count;
        if (_buffer.LongLength < needed)
        {
            _buffer = [];
            _buffer = GC.AllocateUninitializedArray<float>((int)needed);
        }

        return new Layout(site, geometry, groupOutputs, positions, _images.Count, _buffer);
    }

    // Where the samples of a layer lie: first the patches of each group, then the responses of each group.
    private sealed record Layout(
        DecompositionSite Site, ConvolutionGeometry Geometry, int GroupOutputs, int Positions, int Images, float[] Buffer)
    {
        public int GroupInputs { get; } = Geometry.InputChannels / Site.Groups;

        public int PatchLength => GroupInputs * Geometry.Window.Taps;

        public int Pixels => Geometry.OutputHeight * Geometry.OutputWidth;

        private int Rows => Positions * Images;

        public Memory<float> Patches(int group) => Buffer.AsMemory(Rows * PatchLength * group, Rows * PatchLength);

        public Memory<float> Responses(int group) =>
            Buffer.AsMemory(Rows * ((PatchLength * Site.Groups) + (GroupOutputs * group)), Rows * GroupOutputs);

        public LayerSamples Samples(int group, int threads) =>
            new(PatchLength, GroupOutputs, Patches(group), Responses(group), Site.Activation, threads);
    }

    private sealed class Worker(Layout layout, ActivationCache.Reader input, Session chain, ActivationCache.Reader? patches) : IDisposable
    {
        private readonly int[] _positions = new int[layout.Positions];
        private readonly float[] _output = new float[chain.OutputShape.ElementCount];

        public void Sample(int image, CalibrationOptions options)
        {
            PositionSampler.Choose(options.Seed, layout.Site.Name, options.FirstImage + image, layout.Pixels, _positions);
            ReadOnlySpan<float> read = input.Read(image);
            chain.Run(read, _output);
            read = patches is null ? read : patches.Read(image);
            for (int group = 0; group < layout.Site.Groups; group++)
            {
                int patch = layout.Positions * layout.PatchLength, response = layout.Positions * layout.GroupOutputs;
                Span<float> x = layout.Patches(group).Span.Slice(image * patch, patch);
                Span<float> y = layout.Responses(group).Span.Slice(image * response, response);
                PatchGatherer.Patches(layout.Geometry, read, group * layout.GroupInputs, layout.GroupInputs, _positions, x);
                PatchGatherer.Responses(_output, layout.Pixels, group * layout.GroupOutputs, layout.GroupOutputs, _positions, y);
                RequireFinite(image, "input", x);
                RequireFinite(image, "response", y);
            }
        }

        public void Dispose()
        {
            input.Dispose();
            chain.Dispose();
            patches?.Dispose();
        }

        private void RequireFinite(int image, string what, ReadOnlySpan<float> values)
        {
            foreach (float value in values)
            {
                if (!float.IsFinite(value))
                {
                    throw new DecompositionException($"Layer '{layout.Site.Name}': its {what} is {value} for calibration image {image}.");
                }
            }
        }
    }
}
