namespace DwEngine.Vision.Detection;

/// <summary>What a decoder reads from one place of a network's outputs.</summary>
/// <param name="Class">The most probable class, from 0.</param>
/// <param name="Score">Its score, 0 to 1.</param>
/// <param name="Box">Where, in pixels of the network's input.</param>
public readonly record struct ScoredBox(int Class, float Score, BoundingBox Box);
