using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Winograd's convolution with 3x3 filters, stride 1, in one group: fewer multiply-adds than the outputs have taps. Once the input is
/// transformed, each of the form's products is a matrix product over channels whose pixels are the tiles.
/// </summary>
/// <remarks>
/// The error bound is that of the form's matrices (docs/determinism.md). The tiles lie at the same places whatever the strips are, so
/// neither these nor the instruction set change a bit. A NaN or an infinity makes NaN of any outputs of the tiles that see it.
/// </remarks>
/// <typeparam name="TVector">The vectors of the instruction set.</typeparam>
/// <typeparam name="TNarrow">A vocabulary whose vectors are no longer than a panel is high.</typeparam>
/// <typeparam name="TForm">The form.</typeparam>
internal sealed unsafe class WinogradKernel<TVector, TNarrow, TForm> : KernelRow<ConvolutionProblem>
    where TVector : struct, IVector<TVector>
    where TNarrow : struct, IVector<TNarrow>
    where TForm : struct, IWinogradForm
{
    public override string Name => $"winograd-{TForm.Outputs}";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ConvolutionProblem problem) => WinogradChoice.OutputsFor(problem.Geometry) == TForm.Outputs;

    protected override BoundKernel Create(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound : BoundKernel
    {
        // The products of some panels are transformed once all of them are there, so they should stay in the second-level cache, as should
        // those of a few panels whatever the strip is.
        private const int LargestProducts = 768 * 1024;
        private const int FewPanels = 2;

        // In vectors: each strip reads all weights again, which hardly ever stay in the second-level cache.
        private const double CostOfWeight = 0.5;

        // Few workers transform the input each for itself: what one has written into its cache is slow to reach for another. Of many
        // each would do the whole transform for a small part of the products.
        private const int MostApart = 4;

        // The transformed input of a strip, and the products of few panels, should then stay in the second-level cache.
        private const int LargestApart = 768 * 1024;

        // In vectors: a product of a vector of tiles, before and after the multiplication.
        private const double CostOfInput = 12, CostOfOutput = 4;

        private readonly PackedPanels _panels;
        private readonly Epilogue _epilogue;
        private readonly Epilogue _none = new(Activation.None, TVector.Isa);
        private readonly ConvolutionGeometry _geometry;
        private readonly int _batch;
        private readonly WinogradFactors _factors;
        private readonly WinogradInputKernel<TVector, TForm>? _preparation;
        private readonly WinogradInputTransform<TVector, TForm>? _transform;
        private readonly int _firstFactors;
        private readonly int _workers;
        private readonly int _stripRows;
        private readonly int _strips;
        private readonly int _panelsTogether;

        public Bound(ConvolutionProblem problem, PackedWeights weights)
        {
            _panels = WinogradWeights.Pack<TForm>(problem, weights);
            _epilogue = problem.EpilogueFor(TVector.Isa);
            _geometry = problem.Geometry;
            _batch = problem.Batch;
            _firstFactors = checked(_batch * (_geometry.InputChannels + (problem.HasResidual ? _geometry.OutputChannels : 0)));
            _factors = new WinogradFactors(_geometry, TForm.Outputs);
            _workers = problem.Workers;
            bool isApart = _workers > 1 && _workers <= MostApart;
            int panels = _panels.Panels.Length, few = Math.Min(panels, FewPanels);
            _stripRows = isApart
                ? BlockRows.Cheapest(
                    _factors.TileRows, LargestApart, rows => (few * ProductBytes(rows)) + StripBytes(rows), CostApart)
                : BlockRows.Cheapest(_factors.TileRows, LargestProducts, rows => few * ProductBytes(rows), Cost);
            if (isApart)
            {
                _transform = new WinogradInputTransform<TVector, TForm>(_geometry, _stripRows, StripProductPitch(_stripRows));
            }
            else
            {
                _preparation = new WinogradInputKernel<TVector, TForm>(_geometry, _batch);
            }

            _strips = ((_factors.TileRows - 1) / _stripRows) + 1;
            int most = (int)Math.Clamp(LargestProducts / ProductBytes(_stripRows), 1, panels), groups = ((panels - 1) / most) + 1;
            _panelsTogether = ((panels - 1) / groups) + 1;
        }

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(_batch * _strips * _panels.Panels.Length);

        // Where each worker transforms for itself, a call does so for every strip that it has a part of.
        public override int Parts => _transform is null ? base.Parts : Math.Max(1, _batch * _strips / _workers);

        public override Preparation? Preparation =>
            _preparation is null ? null : new(_preparation, _batch, _factors.Length * sizeof(float));

        public override long? IssuedMultiplyAdds
        {
            get
            {
                long issued = 0;
                for (int row = 0; row < _factors.TileRows; row += _stripRows)
                {
                    int tiles = Math.Min(_stripRows, _factors.TileRows - row) * _factors.TileColumns;
                    for (int panel = 0; panel < _panels.Panels.Length; panel += _panelsTogether)
                    {
                        int endPanel = Math.Min(panel + _panelsTogether, _panels.Panels.Length);
                        issued += Products * PanelProduct<TVector, TNarrow>.IssuedMultiplyAdds(_panels, panel, endPanel, tiles);
                    }

                    int rows = Math.Min(_stripRows, _factors.TileRows - row);
                    issued += _geometry.InputChannels * (_transform?.IssuedMultiplyAdds(rows) ?? 0);
                    issued += (long)PlaneLayout.RoundUp(tiles, TVector.Lanes) * _geometry.OutputChannels
                        * (Side + TForm.Outputs) * TForm.OutputMultiplyAdds;
                }

                return _batch * issued;
            }
        }

        public override long ScratchBytes => new Places(this, _stripRows).Bytes;

        private static int Side => TForm.Outputs + 2;

        private static int Products => Side * Side;

        // A task is one panel over one strip. Panels of a strip are taken together, product by product, so that what a product reads of the
        // factors stays in the first-level cache.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            int panels = _panels.Panels.Length;
            float** factors = _transform is null ? arguments.Inputs + _firstFactors : null;
            while (first < end)
            {
                int firstPanel = first % panels;
                int endPanel = Math.Min(panels, firstPanel + end - first);
                int image = first / panels / _strips;
                int firstRow = first / panels % _strips * _stripRows;
                int rows = Math.Min(_stripRows, _factors.TileRows - firstRow);
                var places = new Places(this, rows);
                if (_transform is null)
                {
                    float* strip = factors[image] + ((nint)firstRow * _factors.TileColumns);
                    Point(strip, _factors.Pitch, _factors.ProductPitch, (float**)arguments.Scratch);
                }
                else
                {
                    float* strip = (float*)(arguments.Scratch + places.Factors);
                    TransformInput(arguments, image, firstRow, rows, places, strip);
                    Point(strip, StripPitch(_stripRows), StripProductPitch(_stripRows), (float**)arguments.Scratch);
                }

                for (int panel = firstPanel; panel < endPanel; panel += _panelsTogether)
                {
                    int endTogether = Math.Min(panel + _panelsTogether, endPanel);
                    Multiply(panel, endTogether, places, arguments.Scratch);
                    TransformOutput(arguments, image, panel, endTogether, firstRow, rows, places);
                }

                first += endPanel - firstPanel;
            }
        }

        // The rows of all products.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Point(float* factors, nint pitch, nint productPitch, float** inputs)
        {
            int channels = _geometry.InputChannels;
            for (int product = 0; product < Products; product++, factors += productPitch)
            {
                float* factor = factors;
                for (int channel = 0; channel < channels; channel++, factor += pitch)
                {
                    *inputs++ = factor;
                }
            }
        }

        // All channels of a strip, into this worker's scratch.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void TransformInput(in KernelArguments arguments, int image, int firstRow, int rows, in Places places, float* factors)
        {
            float** planes = arguments.Inputs + ((nint)image * _geometry.InputChannels);
            float* scratch = (float*)(arguments.Scratch + places.Products);
            nint pitch = StripPitch(_stripRows);
            for (int channel = 0; channel < _geometry.InputChannels; channel++, factors += pitch)
            {
                _transform!.Run(planes[channel], firstRow, rows, scratch, factors);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Multiply(int panel, int endPanel, in Places places, byte* scratch)
        {
            float** inputs = (float**)scratch;
            float** outputs = inputs + ((nint)Products * _geometry.InputChannels);
            float* products = (float*)(scratch + places.Products);
            int strips = PanelProduct<TVector, TNarrow>.Strips(places.Tiles);
            var range = new PanelRange { Panels = _panels, Epilogue = _none, First = panel, End = endPanel };
            int rowCount = RowCount(panel, endPanel);
            for (int row = 0; row < rowCount; row++)
            {
                outputs[row] = products + (row * places.Pitch);
            }

            range.Outputs = outputs - _panels.Panels[panel].FirstRow;
            for (int product = 0; product < Products; product++)
            {
                range.Group = product;
                range.Inputs = inputs;
                PanelProduct<TVector, TNarrow>.Run(range, places.Tiles, 0, strips);
                inputs += _geometry.InputChannels;
                for (int row = 0; row < rowCount; row++)
                {
                    outputs[row] += places.ProductPitch;
                }
            }
        }

        private int RowCount(int panel, int endPanel)
        {
            Panel last = _panels.Panels[endPanel - 1];
            return last.FirstRow + last.RowCount - _panels.Panels[panel].FirstRow;
        }

        // A'mA for the channels of some panels: first along the columns of the tiles, then along their rows.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void TransformOutput(
            in KernelArguments arguments, int image, int panel, int endPanel, int firstRow, int rows, in Places places)
        {
            float* between = (float*)(arguments.Scratch + places.Between);
            float* outcome = (float*)(arguments.Scratch + places.Outcome);
            int channels = RowCount(panel, endPanel);
            int plane = (image * _geometry.OutputChannels) + _panels.Panels[panel].FirstRow;
            int firstPixelRow = firstRow * TForm.Outputs;
            int pixelRows = Math.Min(rows * TForm.Outputs, _geometry.OutputHeight - firstPixelRow);
            nint firstPixel = (nint)firstPixelRow * _geometry.OutputWidth;
            for (int channel = 0; channel < channels; channel++)
            {
                float* products = (float*)(arguments.Scratch + places.Products) + (channel * places.Pitch);
                TransformTiles(products, between, outcome, places);
                Copy(outcome, places.OutcomePitch, arguments.Outputs[plane + channel] + firstPixel, pixelRows);
            }

            _epilogue.Finish(arguments, plane, channels, (int)firstPixel, pixelRows * _geometry.OutputWidth);
        }

        // All tiles of a channel.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void TransformTiles(float* products, float* between, float* outcome, in Places places)
        {
            nint lanes = TVector.Lanes;
            TVector low = TVector.Broadcast(_epilogue.Clamp.Low), high = TVector.Broadcast(_epilogue.Clamp.High);
            for (int tile = 0; tile < places.Tiles; tile += TVector.Lanes)
            {
                for (int x = 0; x < Side; x++)
                {
                    TForm.TransformOutput<TVector>(
                        products + (x * places.ProductPitch) + tile, Side * places.ProductPitch, between + (x * lanes), Side * lanes);
                }

                for (int y = 0; y < TForm.Outputs; y++)
                {
                    float* target = outcome + (y * places.OutcomePitch) + ((nint)tile * TForm.Outputs);
                    TForm.FinishOutput(between + (y * Side * lanes), lanes, target, low, high);
                }
            }
        }

        // The rows of all tile rows, without what the last tiles have beyond the image.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Copy(float* outcome, nint pitch, float* target, int rows)
        {
            int width = _geometry.OutputWidth, tilePixels = _factors.TileColumns * TForm.Outputs;
            for (int row = 0; row < rows; row++, target += width)
            {
                float* source = outcome + (row % TForm.Outputs * pitch) + ((nint)(row / TForm.Outputs) * tilePixels);
                int x = 0;
                for (; x <= width - TVector.Lanes; x += TVector.Lanes)
                {
                    TVector.Store(target + x, TVector.Load(source + x));
                }

                if (x < width)
                {
                    TVector.StorePartial(target + x, TVector.Load(source + x), width - x);
                }
            }
        }

        // Of a panel.
        private long ProductBytes(int rows) =>
            checked(Products * PackedPanels.MostRows * (long)PlaneLayout.RoundUp(rows * _factors.TileColumns) * sizeof(float));

        // Of the transformed input of a strip, from one channel to the next and from one product to the next, in floats.
        private nint StripPitch(int rows) => PlaneLayout.RoundUp(rows * _factors.TileColumns);

        // A cache line more, so that what lies a pitch apart does not compete for the same places of a cache.
        private nint StripProductPitch(int rows) =>
            checked((nint)((long)_geometry.InputChannels * StripPitch(rows)) + PlaneLayout.ReadAhead);

        private long StripBytes(int rows) => checked(Products * (long)StripProductPitch(rows) * sizeof(float));

        // What the busiest worker does if each transforms for itself. Some images stand for many.
        private double CostApart(int rows)
        {
            int strips = ((_factors.TileRows - 1) / rows) + 1, images = Math.Min(_batch, 2 * _workers);
            return BlockRows.CostOfBusiest(
                _workers, images * strips, _panels.Panels.Length, strip => CostOfTransform(Rows(strip)), strip => CostOfStrip(Rows(strip)));

            int Rows(int strip) => Math.Min(rows, _factors.TileRows - (strip % strips * rows));
        }

        private double CostOfTransform(int rows)
        {
            int vectors = PlaneLayout.RoundUp(rows * _factors.TileColumns, TVector.Lanes) / TVector.Lanes;
            return Products * CostOfInput * vectors * _geometry.InputChannels;
        }

        // Relative cost of all tile rows in strips of so many, in vectors: those that are multiplied, and those that are transformed.
        private double Cost(int rows)
        {
            int whole = _factors.TileRows / rows, rest = _factors.TileRows % rows;
            return (whole * CostOfStrip(rows)) + (rest > 0 ? CostOfStrip(rest) : 0);
        }

        private double CostOfStrip(int rows)
        {
            int tiles = rows * _factors.TileColumns, vectors = PlaneLayout.RoundUp(tiles, TVector.Lanes) / TVector.Lanes;
            double inputs = _geometry.InputChannels, outputs = _geometry.OutputChannels;
            double multiplied = (PanelProduct<TVector, TNarrow>.Cost(tiles) + CostOfWeight) * inputs * outputs;
            return Products * (multiplied + (CostOfOutput * vectors * outputs));
        }

        /// <summary>Where the parts of a worker's scratch lie for a strip, in bytes; and how they are laid out, in floats.</summary>
        private readonly struct Places
        {
            /// <summary>Tiles of the strip.</summary>
            public readonly int Tiles;

            /// <summary>From one channel to the next.</summary>
            public readonly nint Pitch;

            /// <summary>From one product to the next.</summary>
            public readonly nint ProductPitch;

            /// <summary>From one row of the tiles' outputs to the next.</summary>
            public readonly nint OutcomePitch;

            /// <summary>A vector of tiles between the two directions; the tables of pointers come before.</summary>
            public readonly nint Between;

            /// <summary>The products of the panels that are computed together.</summary>
            public readonly nint Products;

            /// <summary>A channel's outputs before they are laid into rows.</summary>
            public readonly nint Outcome;

            /// <summary>The transformed input of the strip, where it belongs to one worker.</summary>
            public readonly nint Factors;

            /// <summary>All of it.</summary>
            public readonly nint Bytes;

            [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
            public Places(Bound bound, int rows)
            {
                nint inputs = bound._geometry.InputChannels, rowCount = bound._panelsTogether * PackedPanels.MostRows;
                Tiles = checked(rows * bound._factors.TileColumns);
                Pitch = PlaneLayout.RoundUp(Tiles);
                // A cache line more, so that what lies a pitch apart does not compete for the same places of a cache.
                ProductPitch = (rowCount * Pitch) + PlaneLayout.ReadAhead;
                OutcomePitch = (TForm.Outputs * Pitch) + PlaneLayout.ReadAhead;
                nint products = Bound.Products;
                Between = checked((nint)PlaneLayout.RoundUpBytes(((products * inputs) + rowCount) * sizeof(float*)));
                Products = Between + (Side * TForm.Outputs * PlaneLayout.ReadAhead * sizeof(float));
                Outcome = Products + (products * ProductPitch * sizeof(float));
                // The input is transformed before there are products.
                nint used = checked(Outcome + (TForm.Outputs * OutcomePitch * sizeof(float)));
                Factors = bound._transform is null ? used : Math.Max(used, checked(Products + (nint)bound._transform.ScratchBytes));
                Bytes = bound._transform is null
                    ? used
                    : checked(Factors + (nint)bound.StripBytes(bound._stripRows) + (PlaneLayout.ReadAhead * sizeof(float)));
            }
        }
    }
}
