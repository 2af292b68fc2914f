namespace DwEngine.Vision.Detection;

/// <summary>A rectangle in pixels; pixel 0 reaches from 0 to 1. It may reach beyond its picture.</summary>
/// <param name="X1">Left edge.</param>
/// <param name="Y1">Upper edge.</param>
/// <param name="X2">Right edge.</param>
/// <param name="Y2">Lower edge.</param>
public readonly record struct BoundingBox(float X1, float Y1, float X2, float Y2)
{
    /// <summary>Width times height in square pixels; 0 where an edge lies on the wrong side of the other.</summary>
    public float Area => MathF.Max(X2 - X1, 0) * MathF.Max(Y2 - Y1, 0);

    /// <summary>The rectangle around a centre.</summary>
    public static BoundingBox Around(float x, float y, float width, float height) =>
        new(x - (width / 2), y - (height / 2), x + (width / 2), y + (height / 2));

    /// <summary>Area of the intersection over area of the union, 0 to 1; 0 where neither has an area.</summary>
    public float Overlap(in BoundingBox other)
    {
        float width = MathF.Min(X2, other.X2) - MathF.Max(X1, other.X1);
        float height = MathF.Min(Y2, other.Y2) - MathF.Max(Y1, other.Y1);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }

        float shared = width * height;
        return shared / (Area + other.Area - shared);
    }
}
