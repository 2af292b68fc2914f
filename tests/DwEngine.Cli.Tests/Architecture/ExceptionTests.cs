using System.Reflection;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Decomposition.Statistics;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Vision;
using Xunit;

namespace DwEngine.Cli.Tests.Architecture;

/// <summary>All errors of data have one base, and a file that cannot be read is the same error wherever it is read.</summary>
public sealed class ExceptionTests : IDisposable
{
    private static readonly Dictionary<string, Action<string>> s_fileReaders = new()
    {
        ["model"] = path => ModelFile.Load(path),
        ["checkpoint"] = path => CheckpointFile.Load(path),
        ["statistics"] = path => StatisticsFile.Load(path),
        ["picture"] = path => ImageDecoder.Load(path),
        ["labels"] = path => MetadataOptions.ReadLabels(path),
        ["numbers"] = path => RawFloats.Read(path, new Shape(1)),
    };

    private static readonly Dictionary<string, Action<string>> s_folderReaders = new()
    {
        ["class folders"] = path => ImageFolder.Open(path),
        ["images"] = path => ImageFolder.OpenUnlabelled(path),
        ["look"] = path => ImageFolder.HasClassFolders(path),
        ["calibration"] = path => _ = new CalibrationFolder(path, new ModelMetadata()),
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> FileReaders => [.. s_fileReaders.Keys];

    public static TheoryData<string> FolderReaders => [.. s_folderReaders.Keys];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_exception_derives_from_the_one_base_and_takes_the_error_that_led_to_it()
    {
        Assembly[] assemblies =
        [
            typeof(Model).Assembly,
            typeof(InputFile).Assembly,
            typeof(NetworkModel).Assembly,
            typeof(ModelFile).Assembly,
            typeof(StatisticsFile).Assembly,
            typeof(ImageDecoder).Assembly,
            typeof(RawFloats).Assembly,
        ];
        Type[] found = [.. assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => type.IsAssignableTo(typeof(Exception)))];
        Assert.Contains(typeof(InputFileException), found);
        Assert.All(found, type => Assert.True(type.IsAssignableTo(typeof(DwEngineException)), type.FullName));
        Assert.All(
            found,
            type => Assert.True(
                type.GetConstructors().Any(made => made.GetParameters().Any(parameter => parameter.ParameterType == typeof(Exception))),
                type.FullName));
    }

    [Theory]
    [MemberData(nameof(FileReaders))]
    public void A_file_that_cannot_be_read_is_the_same_error_for_every_reader(string reader)
    {
        Action<string> read = s_fileReaders[reader];
        AssertUnreadable(read, Path.Combine(_folder.Path, "missing"), "does not exist");
        AssertUnreadable(read, Path.Combine(_folder.Path, "no", "such", "folder"), "does not exist");
        AssertUnreadable(read, _folder.Path, "is a directory");

        // A file that is locked stands for one without permission, which a privileged process may read.
        string locked = _folder.Write("locked", new byte[64]);
        using var holder = new FileStream(locked, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.IsAssignableFrom<IOException>(AssertUnreadable(read, locked, "cannot be read").InnerException);
    }

    [Theory]
    [MemberData(nameof(FileReaders))]
    public void A_file_without_permission_is_the_same_error_for_every_reader(string reader)
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Skip("This process may read every file.");
            return;
        }

        string secret = _folder.Write("secret", new byte[64]);
        File.SetUnixFileMode(secret, UnixFileMode.None);
        Assert.IsType<UnauthorizedAccessException>(AssertUnreadable(s_fileReaders[reader], secret, "cannot be read").InnerException);
    }

    [Theory]
    [MemberData(nameof(FolderReaders))]
    public void A_folder_that_cannot_be_read_is_the_same_error_for_every_reader(string reader)
    {
        Action<string> read = s_folderReaders[reader];
        AssertUnreadable(read, Path.Combine(_folder.Path, "missing"), "does not exist");
        AssertUnreadable(read, _folder.Write("file", [1]), "is a file");
    }

    private static InputFileException AssertUnreadable(Action<string> read, string path, string problem)
    {
        InputFileException error = Assert.Throws<InputFileException>(() => read(path));
        Assert.Equal(path, error.File);
        Assert.StartsWith(problem, error.Problem, StringComparison.Ordinal);
        return error;
    }
}
