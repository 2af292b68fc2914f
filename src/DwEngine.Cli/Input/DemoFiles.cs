using DwEngine.Cli.Output;

namespace DwEngine.Cli.Input;

/// <summary>The files that <c>dw demo</c> runs on. They lie beside the program wherever it is installed.</summary>
internal static class DemoFiles
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Demo");

    /// <summary>A trained ShuffleNet V2 x0.5 with regular 3x3 convolutions, with its metadata.</summary>
    public static string Model => Find("cifar10_expanded_x0_5.safetensors");

    /// <summary>Photographs of a free licence.</summary>
    public static IReadOnlyList<string> Photographs => [Find("chelsea.png"), Find("coffee.png"), Find("rocket.jpg")];

    /// <summary>The licences of all of these.</summary>
    public static string Licences => Find("LICENCES.txt");

    private static string Find(string name)
    {
        string path = Path.Combine(s_folder, name);
        return File.Exists(path) ? path : throw new CommandException($"{path}: does not exist; it belongs beside the program.");
    }
}
