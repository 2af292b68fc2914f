namespace DwEngine.Testing;

/// <summary>The photographs that the command line brings for its demo, in the source folder.</summary>
internal static class Photographs
{
    /// <summary>A photograph of a cat, as PNG.</summary>
    public static string Cat => PathOf("chelsea.png");

    /// <summary>A photograph, as JPEG.</summary>
    public static string Rocket => PathOf("rocket.jpg");

    private static string PathOf(string name) => Path.Combine(Repository.Root, "src", "DwEngine.Cli", "Demo", name);
}
