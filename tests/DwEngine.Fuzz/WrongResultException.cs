namespace DwEngine.Fuzz;

/// <summary>A result that is wrong although no exception tells so.</summary>
internal sealed class WrongResultException(string message) : Exception(message);
