namespace DwEngine.Onnx.Reading;

/// <summary>What a field holds, as far as it decides what the field takes in memory.</summary>
internal enum FieldKind
{
    /// <summary>A single number, or a field that is skipped.</summary>
    Plain,

    /// <summary>A message, whose own fields count, too.</summary>
    Message,

    /// <summary>Text, two bytes a character in memory.</summary>
    Text,

    /// <summary>Bytes as they are, or numbers of fixed length.</summary>
    Bytes,

    /// <summary>Numbers of 4 bytes in memory, each of at least one byte in the file.</summary>
    Numbers4,

    /// <summary>Numbers of 8 bytes in memory, likewise.</summary>
    Numbers8,
}
