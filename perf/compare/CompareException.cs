namespace DwEngine.Compare;

/// <summary>A comparison that cannot be made, or whose sides disagree.</summary>
internal sealed class CompareException(string message) : Exception(message);
