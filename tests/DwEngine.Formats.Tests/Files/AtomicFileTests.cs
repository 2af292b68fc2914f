using System.Diagnostics;
using System.Runtime.Versioning;
using DwEngine.Files;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Formats.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void An_existing_file_is_replaced_and_not_written_in_place(int length)
    {
        byte[] before = new byte[length];
        string path = _folder.Write("file", before);
        using FileStream reader = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

        AtomicFile.Write(path, stream =>
        {
            stream.Write([1, 2]);
            stream.Flush();
            Assert.Equal(before, File.ReadAllBytes(path));
        });

        Assert.Equal([1, 2], File.ReadAllBytes(path));
        Assert.Equal(length, reader.Length);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_new_file_has_the_mode_of_any_other()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes of Unix.");
        string expected = _folder.Write("other", [1]), path = Path.Combine(_folder.Path, "file");

        AtomicFile.Write(path, stream => stream.Write([1]));

        Assert.Equal(File.GetUnixFileMode(expected), File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData(0b110_000_000)]
    [InlineData(0b110_100_100)]
    [InlineData(0b110_110_110)]
    [InlineData(0b111_000_101)]
    [UnsupportedOSPlatform("windows")]
    public void A_file_that_is_replaced_passes_its_mode_on_and_is_never_more_open_meanwhile(int bits)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes of Unix.");
        var mode = (UnixFileMode)bits;
        string path = _folder.Write("file", [1]);
        File.SetUnixFileMode(path, mode);

        AtomicFile.Write(path, stream =>
        {
            string temporary = Assert.Single(Directory.GetFiles(_folder.Path, "*.tmp"));
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(temporary) & ~mode);
        });

        Assert.Equal(mode, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData(0b100_100_100)]
    [InlineData(0b100_110_110)]
    [UnsupportedOSPlatform("windows")]
    public void A_file_that_its_owner_made_read_only_stays_as_it_is_also_behind_a_link(int bits)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes of Unix.");
        string path = _folder.Write("file", [1]), link = Path.Combine(_folder.Path, "link");
        File.CreateSymbolicLink(link, "file");
        File.SetUnixFileMode(path, (UnixFileMode)bits);
        foreach (string name in (string[])[path, link])
        {
            var error = Assert.Throws<IOException>(() => AtomicFile.Write(name, stream => stream.Write([2])));
            Assert.Contains("is read-only", error.Message, StringComparison.Ordinal);
            Assert.Throws<IOException>(() => AtomicFile.RequireWritable(name));
        }

        Assert.Equal([1], File.ReadAllBytes(path));
    }

    [Fact]
    public void Temporary_files_are_removed_when_their_process_is_gone_and_only_then()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs processes that can be told apart by number.");
        const string Unique = "0123456789abcdef0123456789abcdef";
        using Process running = Process.Start("sleep", "100"), gone = Process.Start("sleep", "0");
        gone.WaitForExit();
        string ofGone = _folder.Write($".dw-{gone.Id}-{Unique}.tmp", [1]),
        ofThisNumber = _folder.Write($".dw-{Environment.ProcessId}-{Unique}.tmp", [1]);
        string ofReused = _folder.Write($".dw-{running.Id}-{Unique[1..]}0.tmp", [1]),
        locked = _folder.Write($".dw-{gone.Id}-{Unique[1..]}1.tmp", [1]);
        File.SetLastWriteTimeUtc(ofReused, DateTime.UtcNow.AddDays(-1));
        string[] kept =
        [
            _folder.Write($".dw-{running.Id}-{Unique}.tmp", [1]), _folder.Write($".dw-{gone.Id}-short.tmp", [1]),
            _folder.Write(".dw-x.tmp", [1]),
            _folder.Write($"dw-{gone.Id}-{Unique}.tmp", [1]), _folder.Write($".dw-{gone.Id}-{Unique}.txt", [1]), locked,
        ];
        try
        {
            using (new FileStream(locked, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                AtomicFile.Write(Path.Combine(_folder.Path, "file"), stream => stream.Write([1]));
            }
        }
        finally
        {
            running.Kill();
        }

        Assert.All((string[])[ofGone, ofThisNumber, ofReused], file => Assert.False(File.Exists(file), file));
        Assert.All(kept, file => Assert.True(File.Exists(file), file));
    }

    [Fact]
    public void Writers_of_one_folder_do_not_take_each_others_files()
    {
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            string path = Path.Combine(_folder.Path, $"{i % 4}");
            AtomicFile.Write(path, stream => stream.Write([(byte)i, (byte)i]));
        });

        Assert.Equal(["0", "1", "2", "3"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
        Assert.All(Directory.GetFiles(_folder.Path), file => Assert.Equal(2, File.ReadAllBytes(file).Length));
    }

    [Fact]
    public void A_device_is_written_directly()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /dev/null and /dev/full.");
        string link = Path.Combine(_folder.Path, "null");
        File.CreateSymbolicLink(link, "/dev/null");

        AtomicFile.Write(link, stream => stream.Write([1]));

        Assert.Equal("/dev/null", new FileInfo(link).LinkTarget);
        Assert.Throws<IOException>(() => AtomicFile.Write("/dev/full", stream => stream.Write([1])));
        Assert.Equal([link], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    [Trait("Category", "Native")]
    public async Task A_named_pipe_is_written_directly()
    {
        string pipe = Path.Combine(_folder.Path, "pipe");
        await Shell.RunAsync(_folder.Path, "mkfifo pipe");
        Task<(int, string Output, string)> reader = Shell.RunAsync(_folder.Path, "cat pipe");

        AtomicFile.Write(pipe, stream => stream.Write("text"u8));

        Assert.Equal("text", (await reader).Output);
        Assert.Equal([pipe], Directory.GetFiles(_folder.Path));
    }
}
