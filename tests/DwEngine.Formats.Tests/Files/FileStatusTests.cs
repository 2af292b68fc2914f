using System.Runtime.Versioning;
using DwEngine.Files;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Formats.Tests.Files;

public sealed class FileStatusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Kinds_are_told_without_opening()
    {
        string file = _folder.Write("file", [1]), link = Path.Combine(_folder.Path, "link");
        File.CreateSymbolicLink(link, "file");

        Assert.Equal(FileKind.Regular, FileStatus.Of(file)?.Kind);
        Assert.Equal(FileKind.Regular, FileStatus.Of(link)?.Kind);
        Assert.Equal(FileKind.Directory, FileStatus.Of(_folder.Path)?.Kind);
        Assert.Null(FileStatus.Of(Path.Combine(_folder.Path, "nothing")));
        Assert.Null(FileStatus.Of(Path.Combine(file, "below")));
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /dev.");
        Assert.Equal(FileKind.Device, FileStatus.Of("/dev/zero")?.Kind);
    }

    [Fact]
    public void Identity_is_that_of_the_file_and_not_of_its_name()
    {
        string file = _folder.Write("file", [1]), other = _folder.Write("other", [1]), link = Path.Combine(_folder.Path, "link");
        File.CreateSymbolicLink(link, "file");

        Assert.Equal(FileStatus.Of(file)!.Value.Identity, FileStatus.Of(link)!.Value.Identity);
        Assert.NotEqual(FileStatus.Of(file)!.Value.Identity, FileStatus.Of(other)!.Value.Identity);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Mode_is_that_of_the_class_library()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes of Unix.");
        string file = _folder.Write("file", [1]);
        File.SetUnixFileMode(file, (UnixFileMode)0b111_010_001);

        Assert.Equal(File.GetUnixFileMode(file), FileStatus.Of(file)!.Value.Mode);
    }

    [Fact]
    public void Links_are_followed_in_folders_and_names_and_to_what_is_not_there_yet()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "a", "b")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "folder"), "a/b");
        File.CreateSymbolicLink(Path.Combine(folder, "link"), "../new");
        string root = LinkedPath.Resolve(_folder.Path)!;

        Assert.Equal(Path.Combine(root, "a", "new"), LinkedPath.Resolve(Path.Combine(_folder.Path, "folder", "link")));
        Assert.Equal(Path.Combine(root, "a", "b", "x"), LinkedPath.Resolve(Path.Combine(_folder.Path, "folder", ".", "x")));
        File.CreateSymbolicLink(Path.Combine(folder, "one"), "other");
        File.CreateSymbolicLink(Path.Combine(folder, "other"), "one");
        Assert.Null(LinkedPath.Resolve(Path.Combine(folder, "one")));
    }

    [Theory]
    [InlineData("/dev/stdout", 1)]
    [InlineData("/dev/stderr", 2)]
    [InlineData("/dev/fd/17", 17)]
    [InlineData("/proc/self/fd/1", 1)]
    [InlineData("/proc/thread-self/fd/1", 1)]
    [InlineData("/proc/1/fd/1", null)]
    [InlineData("/dev/null", null)]
    public void Open_descriptors_are_known_by_any_name(string path, int? expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /proc.");
        string link = Path.Combine(_folder.Path, "link");
        File.CreateSymbolicLink(link, path);

        Assert.Equal(expected, LinkedPath.Descriptor(path));
        Assert.Equal(expected, LinkedPath.Descriptor(link));
    }
}
