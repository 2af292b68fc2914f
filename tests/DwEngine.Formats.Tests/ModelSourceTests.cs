using System.IO.MemoryMappedFiles;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Formats.Tests;

/// <summary>What is no file is read as a file is: the same bits, the same errors.</summary>
public sealed class ModelSourceTests : IDisposable
{
    private const string Name = "the caller's name";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Forms => ["bytes", "stream", "later in a stream", "stream without seeking", "mapped file"];

    public static MatrixTheoryData<string, string> FilesAndForms =>
        new(["shufflenet_v2_x0_5", "shufflenet_v2_x0_5.legacy", "shufflenet_v2_x0_5.fp16.wrapped"], Forms.Select(row => row.Data));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Forms))]
    public void Safetensors_have_the_bits_and_metadata_of_the_file(string form)
    {
        string path = WriteNetwork();
        using NetworkModel expected = ModelFile.Load(path);
        In(form, File.ReadAllBytes(path), source =>
        {
            Assert.True(CheckpointFile.IsKnown(source));
            // Twice: a source is not used up.
            using NetworkModel first = ModelFile.Load(source), second = ModelFile.Load(source);
            Assert.Equal(["a", "b", "c", "d", "e"], second.Metadata.Labels!.Value);
            Assert.Equal(Answer(expected), Answer(first));
            Assert.Equal(Answer(expected), Answer(second));
        });
    }

    [SharedTheory]
    [MemberData(nameof(FilesAndForms))]
    public void Files_of_PyTorch_have_the_bits_of_the_file(string file, string form)
    {
        string path = SharedFolder.Require($"models/{file}.pth");
        using NetworkModel expected = ModelFile.Load(path);
        In(form, File.ReadAllBytes(path), source =>
        {
            using NetworkModel found = ModelFile.Load(source);
            Assert.Equal(Answer(expected), Answer(found));
        });
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Damage_gives_the_error_of_the_file_under_the_callers_name(string form)
    {
        byte[] whole = File.ReadAllBytes(WriteNetwork());
        var random = new Random(5);
        byte[][] damaged =
        [
            [], [0x80], "<!DOCTYPE html>"u8.ToArray(), whole[..9], whole[..(whole.Length / 2)], whole[..^1], [.. whole, 0],
            .. Enumerable.Range(0, 20).Select(_ =>
            {
                byte[] copy = [.. whole];
                copy[random.Next(400)] ^= (byte)(1 << random.Next(8));
                return copy;
            }),
        ];
        foreach (byte[] bytes in damaged)
        {
            string path = _folder.Write("damaged.safetensors", bytes);
            Exception? expected = Record.Exception(() => ModelFile.Load(path).Dispose());
            In(form, bytes, source =>
            {
                Exception? found = Record.Exception(() => ModelFile.Load(source).Dispose());
                Assert.Equal(expected?.GetType(), found?.GetType());
                Assert.Equal(expected?.Message.Replace(path, Name, StringComparison.Ordinal), found?.Message);
                Assert.True(found is null or DwEngineException, found?.ToString());
            });
        }
    }

    [Fact]
    public void A_stream_that_fails_or_shrinks_is_one_error()
    {
        byte[] bytes = File.ReadAllBytes(WriteNetwork());
        Assert.Contains("broken cable", Refuse(() => ModelSource.FromStream(new FailingStream(bytes, 100, canSeek: false), Name)));
        Assert.Contains(
            "broken cable", Refuse(() => ModelFile.Load(ModelSource.FromStream(new FailingStream(bytes, 100, canSeek: true), Name))));

        var shrinking = new MemoryStream();
        shrinking.Write(bytes);
        shrinking.Position = 0;
        var source = ModelSource.FromStream(shrinking, Name);
        shrinking.SetLength(20);
        Assert.StartsWith($"{Name}: ", Refuse(() => ModelFile.Load(source)), StringComparison.Ordinal);
        shrinking.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ModelFile.Load(source));
        Assert.Throws<ArgumentException>(() => ModelSource.FromStream(shrinking, Name));
    }

    [Fact]
    public void A_mapping_shorter_than_was_said_is_one_error()
    {
        using var mapped = MemoryMappedFile.CreateFromFile(_folder.Write("short.safetensors", new byte[100]), FileMode.Open);
        var source = ModelSource.FromMappedFile(mapped, 1 << 20, Name);
        Assert.Contains("cannot be read", Refuse(() => ModelFile.Load(source)), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelSource.FromMappedFile(mapped, -1));
    }

    [Fact]
    public void A_stream_stays_open_and_keeps_what_stands_before_its_place()
    {
        byte[] bytes = File.ReadAllBytes(WriteNetwork());
        using var stream = new MemoryStream([1, 2, 3, .. bytes]);
        stream.Position = 3;
        ModelFile.Load(ModelSource.FromStream(stream)).Dispose();
        Assert.True(stream.CanRead);
    }

    private static string Refuse(Action load)
    {
        string message = Assert.ThrowsAny<FileFormatException>(load).Message;
        Assert.StartsWith(Name, message, StringComparison.Ordinal);
        return message;
    }

    private static string Answer(NetworkModel model)
    {
        using var session = model.CreateSession();
        return BitHash.Of(TestModels.Compute(session, TestModels.Input(session)));
    }

    private string WriteNetwork()
    {
        string path = Path.Combine(_folder.Path, "network.safetensors");
        var metadata = new ModelMetadata
        {
            Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar),
            InputSize = 32,
            Labels = ["a", "b", "c", "d", "e"],
        };
        StateDict weights = ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.Cifar));
        CheckpointFile.Save(path, new Checkpoint(weights, metadata));
        return path;
    }

    private void In(string form, byte[] bytes, Action<ModelSource> use)
    {
        switch (form)
        {
            case "bytes":
                use(ModelSource.FromBytes(bytes, Name));
                break;
            case "stream":
                use(ModelSource.FromStream(new MemoryStream(bytes), Name));
                break;
            case "later in a stream":
                use(ModelSource.FromStream(new MemoryStream([9, 9, 9, .. bytes]) { Position = 3 }, Name));
                break;
            case "stream without seeking":
                use(ModelSource.FromStream(new FailingStream(bytes, int.MaxValue, canSeek: false), Name));
                break;
            case "mapped file" when bytes.Length == 0:
                using (var page = MemoryMappedFile.CreateNew(null, 1))
                {
                    use(ModelSource.FromMappedFile(page, 0, Name));
                }

                break;
            default:
                using (var mapped = MemoryMappedFile.CreateFromFile(_folder.Write("mapped.bin", bytes), FileMode.Open))
                {
                    use(ModelSource.FromMappedFile(mapped, bytes.Length, Name));
                }

                break;
        }
    }

    /// <summary>Gives a few bytes at a time, and fails at a place.</summary>
    private sealed class FailingStream(byte[] bytes, int end, bool canSeek) : MemoryStream(bytes)
    {
        public override bool CanSeek => canSeek;

        public override int Read(byte[] buffer, int offset, int count) =>
            Position >= end ? throw new IOException("broken cable") : base.Read(buffer, offset, Math.Min(count, 77));
    }
}
