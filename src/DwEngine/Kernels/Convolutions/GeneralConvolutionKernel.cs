using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Convolution with any window and any groups: the input of a block of output rows is rearranged by <see cref="WindowGather"/> into this worker's scratch, after
/// which it is a matrix product like a pointwise convolution whose input rows are the taps.
/// </summary>
internal sealed unsafe class GeneralConvolutionKernel<TSimd, TVector> : KernelRow<ConvolutionProblem>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public override string Name => "general";

    public override Isa Isa => TSimd.Isa;

    public override bool Accepts(ConvolutionProblem problem) => true;

    public override BoundKernel Bind(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound : BoundKernel
    {
        // About half of a second-level cache: the gathered rows are read once for each panel.
        private const int ScratchTarget = 384 * 1024;

        private readonly PackedPanels _panels;
        private readonly ConvolutionGeometry _geometry;
        private readonly Clamp _clamp;
        private readonly int _batch;
        private readonly WindowGather _gather;
        private readonly int _blockRows;
        private readonly int _blocks;

        public Bound(ConvolutionProblem problem, PackedWeights weights)
        {
            _panels = new PackedPanels(problem, weights);
            _geometry = problem.Geometry;
            _clamp = problem.Clamp;
            _batch = problem.Batch;
            _gather = new WindowGather(_geometry.Window, _geometry.InputHeight, _geometry.InputWidth);
            int height = _geometry.OutputHeight;
            long perRow = (long)_geometry.GroupInputChannels * (_gather.Length(height) - _gather.Length(1)) / Math.Max(1, height - 1) * sizeof(float);
            _blockRows = (int)Math.Clamp(ScratchTarget / Math.Max(1, perRow), 1, height);
            _blocks = (height + _blockRows - 1) / _blockRows;
        }

        public override string Name => "general";

        public override bool ReadsExactly => true;

        public override int TaskCount => checked(_batch * _geometry.Groups * _blocks * _panels.Panels.Length);

        public override long ScratchBytes => PointerBytes + ((long)_geometry.GroupInputChannels * _gather.Length(_blockRows) * sizeof(float));

        // Pointers to the taps, and to the output rows of one panel.
        private long PointerBytes => (_panels.Depth + 8 + 7L) / 8 * 8 * sizeof(float*);

        // A task is one panel over one block of rows. The panels of a block follow one another, so a worker gathers each block once.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float** taps = (float**)arguments.Scratch;
            float** outputs = taps + _panels.Depth;
            float* gathered = (float*)(arguments.Scratch + PointerBytes);
            int panels = _panels.Panels.Length;
            int current = -1;
            for (int task = first; task < end; task++)
            {
                int panelIndex = task % panels;
                int unit = task / panels;
                int block = unit % _blocks;
                int group = unit / _blocks % _geometry.Groups;
                int image = unit / _blocks / _geometry.Groups;
                int row = block * _blockRows;
                int rows = Math.Min(_blockRows, _geometry.OutputHeight - row);
                if (unit != current)
                {
                    current = unit;
                    int channel = (image * _geometry.InputChannels) + (group * _geometry.GroupInputChannels);
                    Gather(arguments.Inputs + channel, row, rows, gathered, taps);
                }

                Panel panel = _panels.Panels[panelIndex];
                nint plane = (image * _geometry.OutputChannels) + (group * _geometry.GroupOutputChannels) + panel.FirstRow;
                for (int i = 0; i < panel.RowCount; i++)
                {
                    outputs[i] = arguments.Outputs[plane + i] + ((nint)row * _geometry.OutputWidth);
                }

                PanelSweep<TSimd, TVector>.Run(
                    panel, _panels.Biases(group, panelIndex), taps, _panels.Depth, outputs, 0, rows * _geometry.OutputWidth, _clamp);
            }
        }

        private void Gather(float** planes, int row, int rows, float* gathered, float** taps)
        {
            Window window = _geometry.Window;
            int length = _gather.Length(rows);
            for (int channel = 0; channel < _geometry.GroupInputChannels; channel++, gathered += length)
            {
                _gather.Run<TSimd, TVector>(planes[channel], row, rows, 0, gathered);
                for (int ky = 0; ky < window.KernelHeight; ky++)
                {
                    for (int kx = 0; kx < window.KernelWidth; kx++)
                    {
                        *taps++ = gathered + _gather.TapOffset(ky, kx, rows);
                    }
                }
            }
        }
    }
}
