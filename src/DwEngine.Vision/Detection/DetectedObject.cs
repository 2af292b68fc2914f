namespace DwEngine.Vision.Detection;

/// <summary>An object that a network found.</summary>
/// <param name="Label">The name of its class.</param>
/// <param name="Score">How sure the network is, 0 to 1.</param>
/// <param name="Box">Where, in pixels of the picture; it may reach beyond the picture.</param>
public readonly record struct DetectedObject(string Label, float Score, BoundingBox Box);
