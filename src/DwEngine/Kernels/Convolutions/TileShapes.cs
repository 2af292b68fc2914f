namespace DwEngine.Kernels.Convolutions;

internal readonly struct Tile8x3 : ITileShape
{
    public static int Rows => 8;

    public static int Vectors => 3;
}

internal readonly struct Tile8x2 : ITileShape
{
    public static int Rows => 8;

    public static int Vectors => 2;
}

internal readonly struct Tile8x1 : ITileShape
{
    public static int Rows => 8;

    public static int Vectors => 1;
}

internal readonly struct Tile6x3 : ITileShape
{
    public static int Rows => 6;

    public static int Vectors => 3;
}

internal readonly struct Tile6x2 : ITileShape
{
    public static int Rows => 6;

    public static int Vectors => 2;
}

internal readonly struct Tile6x1 : ITileShape
{
    public static int Rows => 6;

    public static int Vectors => 1;
}

internal readonly struct Tile4x3 : ITileShape
{
    public static int Rows => 4;

    public static int Vectors => 3;
}

internal readonly struct Tile4x2 : ITileShape
{
    public static int Rows => 4;

    public static int Vectors => 2;
}

internal readonly struct Tile4x1 : ITileShape
{
    public static int Rows => 4;

    public static int Vectors => 1;
}
