using System.Collections.Immutable;

namespace DwEngine.Cli.Input;

/// <summary>The class names of ImageNet, for networks that bring none. ImageNet/LICENCE.txt tells their origin and licence.</summary>
internal static class ImageNetClasses
{
    /// <summary>How many classes ImageNet has.</summary>
    public const int Count = 1000;

    private static readonly Lazy<ImmutableArray<string>> s_names = new(Read);

    /// <summary>The names in the order of the outputs of torchvision's networks.</summary>
    public static ImmutableArray<string> Names => s_names.Value;

    private static ImmutableArray<string> Read()
    {
        using Stream stream = typeof(ImageNetClasses).Assembly.GetManifestResourceStream("ImageNet.classes.txt")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
    }
}
