using System.Runtime.CompilerServices;

namespace DwEngine.Kernels.Convolutions;

/// <summary>Some panels of a matrix product over the same input rows.</summary>
/// <remarks>
/// This and <see cref="TileArguments"/> are filled in place and handed on by reference: a copy of what has just been written costs as much
/// as a part of a tile.
/// </remarks>
internal unsafe struct PanelRange
{
    /// <summary>The packed weights.</summary>
    public PackedPanels Panels;

    /// <summary>What is done to the results.</summary>
    public Epilogue Epilogue;

    /// <summary>The group.</summary>
    public int Group;

    /// <summary>The first panel.</summary>
    public int First;

    /// <summary>The panel after the last.</summary>
    public int End;

    /// <summary>Pointers to the input rows.</summary>
    public float** Inputs;

    /// <summary>Pointers to all output rows of the group.</summary>
    public float** Outputs;

    /// <summary>Pointers to the planes of the residual that belong to the output rows, or null.</summary>
    public float** Residuals;

    /// <summary>The element of the residual that belongs to the first pixel of an output row.</summary>
    public nint FirstOfResidual;

    /// <summary>Finishes pixels of a panel whose tiles have stored their sums elsewhere.</summary>
    public readonly void FinishFrom(float** sums, int index, int pixel, int count)
    {
        Panel panel = Panels.Panels[index];
        float** residuals = Residuals is null ? null : Residuals + panel.FirstRow;
        Epilogue.FinishFrom(sums, Outputs + panel.FirstRow, pixel, residuals, FirstOfResidual + pixel, panel.RowCount, count);
    }

    /// <summary>Finishes pixels that all tiles of some panels have stored.</summary>
    public readonly void Finish(int firstPanel, int endPanel, int pixel, int count)
    {
        int row = Panels.Panels[firstPanel].FirstRow;
        Panel last = Panels.Panels[endPanel - 1];
        float** residuals = Residuals is null ? null : Residuals + row;
        Epilogue.Finish(Outputs + row, pixel, residuals, FirstOfResidual + pixel, last.FirstRow + last.RowCount - row, count);
    }
}

/// <summary>What the tiles of one panel share: the rows that they multiply, and where their results go.</summary>
internal readonly unsafe struct TileArguments
{
    /// <summary>Pointers to the input rows.</summary>
    public readonly float** Inputs;

    /// <summary>Input rows.</summary>
    public readonly nint Depth;

    /// <summary>One bias for each row of the panel; the weights follow.</summary>
    public readonly float* Biases;

    /// <summary>Floats from the weights of one input row to those of the next: the panel's height.</summary>
    public readonly nint Pitch;

    /// <summary>Pointers to the panel's output rows.</summary>
    public readonly float** Outputs;

    /// <summary>Output rows that exist; the rest of a tile is padding.</summary>
    public readonly int RowCount;

    /// <summary>The smallest result.</summary>
    public readonly float Low;

    /// <summary>The largest result.</summary>
    public readonly float High;

    /// <summary>Creates what the tiles of a panel of the range need.</summary>
    /// <param name="range">The range.</param>
    /// <param name="index">The panel.</param>
    /// <param name="outputs">Where the results of its rows go; null for the range's outputs.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TileArguments(in PanelRange range, int index, float** outputs)
    {
        Panel panel = range.Panels.Panels[index];
        Inputs = range.Inputs;
        Depth = range.Panels.Depth;
        Biases = range.Panels.Biases(range.Group, index);
        Pitch = panel.Height;
        Outputs = outputs is null ? range.Outputs + panel.FirstRow : outputs;
        RowCount = panel.RowCount;
        Low = range.Epilogue.Clamp.Low;
        High = range.Epilogue.Clamp.High;
    }
}
