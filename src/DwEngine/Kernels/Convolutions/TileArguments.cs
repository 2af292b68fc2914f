namespace DwEngine.Kernels.Convolutions;

/// <summary>What the tiles of one panel share: the rows that they multiply, and where their results go.</summary>
/// <param name="inputs">Pointers to the input rows.</param>
/// <param name="depth">Input rows.</param>
/// <param name="biases">One bias for each row of the panel; the weights follow after <paramref name="pitch"/> floats.</param>
/// <param name="pitch">Floats from the weights of one input row to those of the next: the panel's height.</param>
/// <param name="outputs">Pointers to the panel's output rows.</param>
/// <param name="rowCount">Output rows that exist; the rest of a tile is padding.</param>
internal readonly unsafe struct TileArguments(float** inputs, nint depth, float* biases, nint pitch, float** outputs, int rowCount)
{
    /// <summary>Pointers to the input rows.</summary>
    public readonly float** Inputs = inputs;

    /// <summary>Input rows.</summary>
    public readonly nint Depth = depth;

    /// <summary>One bias for each row of the tile.</summary>
    public readonly float* Biases = biases;

    /// <summary>The weights: for each input row as many as <see cref="Pitch"/>, of which a tile uses the first.</summary>
    public float* Weights { get; private init; } = biases + pitch;

    /// <summary>Floats from the weights of one input row to those of the next.</summary>
    public readonly nint Pitch = pitch;

    /// <summary>Pointers to the output rows.</summary>
    public readonly float** Outputs = outputs;

    /// <summary>Output rows that exist.</summary>
    public readonly int RowCount = rowCount;

    /// <summary>What a tile does to its results before it stores them.</summary>
    public Clamp Clamp { get; init; } = Clamp.None;

    /// <summary>The same without the first rows of the panel.</summary>
    public TileArguments From(int row) =>
        new(Inputs, Depth, Biases + row, Pitch, Outputs + row, RowCount - row) { Weights = Weights + row, Clamp = Clamp };
}

/// <summary>Some panels of a matrix product over the same input rows.</summary>
internal readonly unsafe struct PanelRange
{
    /// <summary>The packed weights.</summary>
    public required PackedPanels Panels { get; init; }

    /// <summary>The group.</summary>
    public required int Group { get; init; }

    /// <summary>The first panel.</summary>
    public required int First { get; init; }

    /// <summary>The panel after the last.</summary>
    public required int End { get; init; }

    /// <summary>Pointers to the input rows.</summary>
    public required float** Inputs { get; init; }

    /// <summary>Pointers to all output rows of the group.</summary>
    public required float** Outputs { get; init; }

    /// <summary>What is done to the results.</summary>
    public required Clamp Clamp { get; init; }

    /// <summary>What the tiles of a panel get.</summary>
    public TileArguments TilesOf(int index)
    {
        Panel panel = Panels.Panels[index];
        return new(Inputs, Panels.Depth, Panels.Biases(Group, index), panel.Height, Outputs + panel.FirstRow, panel.RowCount) { Clamp = Clamp };
    }
}
