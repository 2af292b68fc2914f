using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Depthwise convolution with a square window of 3, 5 or 7 and stride 1 or 2: a plane is copied once with its padding, for stride 2 parted
/// into even and odd columns, then <see cref="DepthwiseTile{TVector}"/> goes down it strip by strip. Any depth multiplier.
/// </summary>
/// <typeparam name="TVector">The vectors of the instruction set.</typeparam>
/// <typeparam name="TNarrow">The vectors for a strip that is no wider.</typeparam>
internal sealed unsafe class DepthwiseRowsKernel<TVector, TNarrow> : KernelRow<ConvolutionProblem>
    where TVector : struct, IVector<TVector>
    where TNarrow : struct, IVector<TNarrow>
{
    public override string Name => "depthwise-rows";

    public override Isa Isa => TVector.Isa;

    public override bool Accepts(ConvolutionProblem problem)
    {
        Window window = problem.Geometry.Window;
        return problem.Geometry.GroupInputChannels == 1
            && window.KernelHeight is 3 or 5 or 7 && window.KernelWidth == window.KernelHeight
            && window.StrideX is 1 or 2 && window.StrideY == window.StrideX
            && window is { DilationX: 1, DilationY: 1 }
            && window.PadTop < window.KernelHeight && window.PadLeft < window.KernelWidth
            && window.PadBottom < window.KernelHeight && window.PadRight < window.KernelWidth
            && Bound.CopyFloats(problem.Geometry) <= Bound.MostFloats;
    }

    protected override BoundKernel Create(ConvolutionProblem problem, PackedWeights weights) => new Bound(problem, weights);

    private sealed class Bound(ConvolutionProblem problem, PackedWeights weights) : BoundKernel
    {
        /// <summary>Floats of a plane's copy that still lie in the second-level cache.</summary>
        public const long MostFloats = 128 * 1024;

        private readonly ConvolutionGeometry _geometry = problem.Geometry;
        private readonly int _planes = checked(problem.Batch * problem.Geometry.OutputChannels);
        private readonly int _pitch = Pitch(problem.Geometry);
        private readonly Epilogue _epilogue = problem.EpilogueFor(TVector.Isa);
        private readonly AlignedBuffer _weights = DepthwiseWeights.Pack(problem, weights);

        public override bool ReadsExactly => true;

        public override int TaskCount => _planes;

        public override long ScratchBytes => CopyFloats(_geometry) * sizeof(float);

        // Each row of the input is multiplied with all kernel rows of its phase, rows of padding with none.
        public override long? IssuedMultiplyAdds
        {
            get
            {
                Window window = _geometry.Window;
                int rest = _geometry.OutputWidth % TVector.Lanes;
                long lanes = _geometry.OutputWidth - rest + (rest == 0 ? 0 : rest <= TNarrow.Lanes ? TNarrow.Lanes : TVector.Lanes);
                int steps = _geometry.OutputHeight + ((window.KernelHeight - 1) / window.StrideY);
                long rows = 0;
                for (int row = 0; row < steps * window.StrideY; row++)
                {
                    bool isInside = row >= window.PadTop && row - window.PadTop < _geometry.InputHeight;
                    rows += isInside ? (window.KernelHeight - 1 - (row % window.StrideY)) / window.StrideY + 1 : 0;
                }

                return _planes * rows * window.KernelWidth * lanes;
            }
        }

        /// <summary>Floats of the copy of a plane, with what the last strip reads beyond it.</summary>
        public static long CopyFloats(in ConvolutionGeometry geometry) =>
            ((long)Pitch(geometry) * geometry.Window.StrideX * geometry.InputHeight) + (2 * PlaneLayout.ReadAhead);

        // A task is one output plane.
        public override void Run(in KernelArguments arguments, int first, int end)
        {
            float* copy = (float*)arguments.Scratch;
            new Span<float>(copy, (int)CopyFloats(_geometry)).Clear();
            Window window = _geometry.Window;
            int multiplier = _geometry.GroupOutputChannels, copied = -1;
            var tile = new DepthwiseTileArguments
            {
                Rows = copy,
                Pitch = _pitch,
                InputHeight = _geometry.InputHeight,
                PadTop = window.PadTop,
                OutputHeight = _geometry.OutputHeight,
                OutputWidth = _geometry.OutputWidth,
                Clamp = _epilogue.Clamp,
            };
            int pixels = tile.OutputHeight * tile.OutputWidth;
            for (int plane = first; plane < end; plane++)
            {
                if (plane / multiplier != copied)
                {
                    copied = plane / multiplier;
                    Copy(arguments.Inputs[copied], copy);
                }

                tile.Output = arguments.Outputs[plane];
                tile.Weights = _weights.Floats + ((nint)(plane % _geometry.OutputChannels) * DepthwiseWeights.Pitch(window.Taps));
                switch (window.KernelWidth, window.StrideX)
                {
                    case (3, 1):
                        Strips<Window3>(tile);
                        break;
                    case (3, _):
                        Strips<Window3Stride2>(tile);
                        break;
                    case (5, 1):
                        Strips<Window5>(tile);
                        break;
                    case (5, _):
                        Strips<Window5Stride2>(tile);
                        break;
                    case (_, 1):
                        Strips<Window7>(tile);
                        break;
                    default:
                        Strips<Window7Stride2>(tile);
                        break;
                }

                _epilogue.Finish(arguments, plane, 1, 0, pixels);
            }
        }

        // Columns of padding lie between the rows: those at the right of one row are also those at the left of the next.
        private static int Pitch(in ConvolutionGeometry geometry)
        {
            Window window = geometry.Window;
            int columns = geometry.InputWidth + window.PadLeft + window.PadRight + window.KernelWidth;
            return PlaneLayout.RoundUp(((columns - 1) / window.StrideX) + 1);
        }

        private static void Strips<TShape>(in DepthwiseTileArguments tile)
            where TShape : struct, IDepthwiseShape
        {
            for (int column = 0; column < tile.OutputWidth; column += TVector.Lanes)
            {
                if (tile.OutputWidth - column <= TNarrow.Lanes)
                {
                    DepthwiseTile<TNarrow>.Run<TShape>(tile, column);
                }
                else
                {
                    DepthwiseTile<TVector>.Run<TShape>(tile, column);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void Copy(float* plane, float* copy)
        {
            int width = _geometry.InputWidth, height = _geometry.InputHeight, before = _geometry.Window.PadLeft;
            if (_geometry.Window.StrideX == 1)
            {
                CopyRows(plane, height, width, copy + before, _pitch);
            }
            else if (before % 2 == 0)
            {
                // The first column of the plane lies in the phase of the padding before it.
                CopyPhases(plane, height, width, copy + (before / 2), copy + _pitch + (before / 2), 2 * (nint)_pitch);
            }
            else
            {
                CopyPhases(plane, height, width, copy + _pitch + (before / 2), copy + ((before + 1) / 2), 2 * (nint)_pitch);
            }
        }

        // A whole vector may be stored at the end of a row: its zeros are padding, or lie where the next row is written after it.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private static void CopyRows(float* source, int rows, int width, float* target, nint pitch)
        {
            int rest = width % TVector.Lanes, whole = width - rest;
            for (int row = 0; row < rows; row++, source += width, target += pitch)
            {
                for (nint x = 0; x < whole; x += TVector.Lanes)
                {
                    TVector.Store(target + x, TVector.Load(source + x));
                }

                if (rest > 0)
                {
                    TVector.Store(target + whole, TVector.LoadPartial(source + whole, rest));
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private static void CopyPhases(float* source, int rows, int width, float* evens, float* odds, nint pitch)
        {
            int lanes = TVector.Lanes, rest = width % (2 * lanes), whole = width - rest;
            for (int row = 0; row < rows; row++, source += width, evens += pitch, odds += pitch)
            {
                for (nint x = 0; x < whole; x += 2 * lanes)
                {
                    TVector a = TVector.Load(source + x), b = TVector.Load(source + x + lanes);
                    TVector.Store(evens + (x / 2), TVector.Even(a, b));
                    TVector.Store(odds + (x / 2), TVector.Odd(a, b));
                }

                if (rest > 0)
                {
                    TVector a = TVector.LoadPartial(source + whole, rest), b = TVector.LoadPartial(source + whole + lanes, rest - lanes);
                    TVector.StorePartial(evens + (whole / 2), TVector.Even(a, b), (rest + 1) / 2);
                    TVector.StorePartial(odds + (whole / 2), TVector.Odd(a, b), rest / 2);
                }
            }
        }
    }

    private readonly struct Window3 : IDepthwiseShape
    {
        public static int Kernel => 3;

        public static int Stride => 1;
    }

    private readonly struct Window3Stride2 : IDepthwiseShape
    {
        public static int Kernel => 3;

        public static int Stride => 2;
    }

    private readonly struct Window5 : IDepthwiseShape
    {
        public static int Kernel => 5;

        public static int Stride => 1;
    }

    private readonly struct Window5Stride2 : IDepthwiseShape
    {
        public static int Kernel => 5;

        public static int Stride => 2;
    }

    private readonly struct Window7 : IDepthwiseShape
    {
        public static int Kernel => 7;

        public static int Stride => 1;
    }

    private readonly struct Window7Stride2 : IDepthwiseShape
    {
        public static int Kernel => 7;

        public static int Stride => 2;
    }
}
