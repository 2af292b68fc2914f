using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Formats.Tests;

public class CheckpointFileTests
{
    private static readonly Checkpoint Small = new(OneTensor(), new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar) });

    [Fact]
    public void Extensions_are_those_of_the_formats()
    {
        Assert.Equal([".pth", ".pt", ".safetensors"], CheckpointFile.ReadableExtensions);
        Assert.Equal([".safetensors"], CheckpointFile.WritableExtensions);
    }

    [Fact]
    public void Content_decides_the_format_when_reading()
    {
        using var folder = new TemporaryFolder();
        string written = Path.Combine(folder.Path, "a.SafeTensors");
        CheckpointFile.Save(written, Small);
        string misnamed = Path.Combine(folder.Path, "a.pth");
        File.Move(written, misnamed);
        Assert.Equal(StemKind.Cifar, ShuffleNetV2.StemOf(CheckpointFile.Load(misnamed).Metadata));
    }

    [Fact]
    public void Missing_empty_unknown_files_and_directories_are_named()
    {
        using var folder = new TemporaryFolder();
        AssertRefused(Path.Combine(folder.Path, "missing.pth"), "does not exist");
        AssertRefused(Path.Combine(folder.Path, "no", "such", "missing.pth"), "does not exist");
        AssertRefused(folder.Path, "is a directory");
        AssertRefused(folder.Write("empty.pth", []), "is empty");
        AssertRefused(folder.Write("page.pth", "<!DOCTYPE html>"u8.ToArray()),
            "no known format of weights (PyTorch zip archive, safetensors, PyTorch pickle stream); "
            + "an ONNX network is read by OnnxFile of DwEngine.Onnx");
        AssertRefused(folder.Write("one.pth", [0x80]), "no known format");
        Assert.Throws<ArgumentException>(() => CheckpointFile.Load(""));
    }

    [Fact]
    public void Unreadable_file_is_named()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Needs Unix permissions and a user who is bound by them.");
            return;
        }

        using var folder = new TemporaryFolder();
        string path = folder.Write("secret.pth", [1]);
        File.SetUnixFileMode(path, UnixFileMode.None);
        AssertRefused(path, "cannot be read");
    }

    [Theory]
    [InlineData("a.pth")]
    [InlineData("a.onnx")]
    [InlineData("a")]
    public void Unknown_extensions_are_refused_when_writing(string name)
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<FileFormatException>(() => CheckpointFile.Save(Path.Combine(folder.Path, name), Small));
        Assert.Contains("expected .safetensors", error.Problem, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Writing_into_missing_folders_and_over_directories_is_refused()
    {
        using var folder = new TemporaryFolder();
        string directory = Path.Combine(folder.Path, "dir.safetensors");
        Directory.CreateDirectory(directory);
        foreach (string path in (string[])[directory, Path.Combine(folder.Path, "missing", "a.safetensors")])
        {
            var error = Assert.Throws<FileFormatException>(() => CheckpointFile.Save(path, Small));
            Assert.Equal(path, error.File);
        }

        Assert.Equal([directory], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Relative_paths_are_written_where_they_point()
    {
        using var folder = new TemporaryFolder();
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(folder.Path, "a.safetensors"));
        CheckpointFile.Save(relative, Small);
        Assert.Equal(["t"], CheckpointFile.Load(relative).Tensors.Names);

        string bare = $"dwengine-{Guid.NewGuid():N}.safetensors";
        try
        {
            CheckpointFile.Save(bare, Small);
            Assert.True(File.Exists(Path.Combine(Environment.CurrentDirectory, bare)));
        }
        finally
        {
            File.Delete(bare);
        }
    }

    [Fact]
    public void Failed_writes_leave_the_old_file_and_no_temporary_one()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("kept.bin", [1, 2, 3]);
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write([9]);
            throw new InvalidOperationException();
        }));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));

        AtomicFile.Write(path, stream => stream.Write([7]));
        Assert.Equal([7], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_link_stays_a_link_and_its_file_is_written()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["kept.bin", "new.bin"])
        {
            string link = Path.Combine(folder.Path, $"to-{name}"), file = Path.Combine(folder.Path, name);
            File.CreateSymbolicLink(link, name);
            if (name == "kept.bin")
            {
                folder.Write(name, [1, 2, 3]);
            }

            AtomicFile.Write(link, stream => stream.Write([7]));

            Assert.Equal(name, new FileInfo(link).LinkTarget);
            Assert.Null(new FileInfo(file).LinkTarget);
            Assert.Equal([7], File.ReadAllBytes(file));
        }
    }

    [Fact]
    public void A_circle_of_links_is_an_error()
    {
        using var folder = new TemporaryFolder();
        string link = Path.Combine(folder.Path, "one");
        File.CreateSymbolicLink(link, "other");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "other"), "one");
        Assert.Throws<IOException>(() => AtomicFile.Write(link, stream => stream.Write([7])));
    }

    [Fact]
    public void A_failed_write_to_an_empty_file_leaves_it_empty()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("empty.bin", []);
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write([9]);
            throw new InvalidOperationException();
        }));
        Assert.Empty(File.ReadAllBytes(path));
    }

    [Fact]
    public void A_pipe_behind_a_link_without_a_name_is_written_and_not_replaced()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        using var folder = new TemporaryFolder();
        using var reader = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.In);
        string link = Path.Combine(folder.Path, "pipe"), target = $"/proc/self/fd/{reader.GetClientHandleAsString()}";
        File.CreateSymbolicLink(link, target);

        AtomicFile.Write(link, stream => stream.Write([7]));

        Assert.Equal(target, new FileInfo(link).LinkTarget);
        Assert.Equal(7, reader.ReadByte());
    }

    private static StateDict OneTensor()
    {
        var tensors = new StateDict();
        tensors.Add("t", Tensor.FromFloats(new Shape(1), [1]));
        return tensors;
    }

    private static void AssertRefused(string path, string problem)
    {
        var error = Assert.ThrowsAny<FileFormatException>(() => CheckpointFile.Load(path));
        Assert.Equal(path, error.File);
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
    }
}
