namespace DwEngine.Cli.Input;

/// <summary>Files that the user names.</summary>
internal static class InputFile
{
    /// <summary>Requires that there is a file, so that the error names it as the user did.</summary>
    /// <exception cref="FileFormatException">There is none, or it is a directory.</exception>
    public static void Require(string path)
    {
        if (Directory.Exists(path))
        {
            throw new FileFormatException(path, "", "is a directory; expected a file");
        }

        if (!File.Exists(path))
        {
            throw new FileFormatException(path, "", "does not exist");
        }
    }
}
