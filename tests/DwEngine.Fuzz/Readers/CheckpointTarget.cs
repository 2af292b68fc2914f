using DwEngine.Formats;
using DwEngine.Formats.Tests;
using DwEngine.Fuzz.Mutation;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using TensorSpec = DwEngine.Formats.Tests.TensorSpec;

namespace DwEngine.Fuzz.Readers;

/// <summary>
/// A weight file. What is read must be the same after it was written as safetensors and read again, and a network is built of it if it is
/// one.
/// </summary>
internal sealed class CheckpointTarget : FuzzTarget
{
    private readonly Func<byte[], byte[], Random, byte[]> _mutate;
    private readonly ScratchFile _file = new(".bin");
    private readonly ScratchFile _written = new(".safetensors");

    private CheckpointTarget(string name, IReadOnlyList<byte[]> corpus, Func<byte[], byte[], Random, byte[]> mutate)
    {
        Name = name;
        Corpus = corpus;
        _mutate = mutate;
    }

    public override string Name { get; }

    public override IReadOnlyList<byte[]> Corpus { get; }

    public override int LongestInput => 1 << 18;

    public static CheckpointTarget SafeTensors()
    {
        var small = new StateDict();
        small.Add("a.weight", TestTensors.Counting(new Shape(2, 3)));
        small.Add("b", Tensor.FromBytes(ElementType.Int64, new Shape(), new byte[8]));
        small.Add("c.half", Tensor.FromBytes(ElementType.Float16, new Shape(4), new byte[8]));
        var metadata = new ModelMetadata
        {
            Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar),
            InputSize = 32,
            Mean = [0.5f, 0.5f, 0.5f],
            StandardDeviation = [1, 1, 1],
            Labels = ["cat", "dog"]
        };
        return new("safetensors", [Save(small, metadata), Save(small, new ModelMetadata()),
            Save(Network(), metadata with { Labels = null })], SafeTensorsMutations.Any);
    }

    public static CheckpointTarget PyTorchZip() =>
        new("pytorch-zip", [.. Roots().Select(root => TorchFile.Zip(root.Root, root.Storages))], ArchiveMutations.Any);

    public static CheckpointTarget PyTorchStream() => new(
        "pytorch-stream", [.. Roots().SelectMany(root => new[] { TorchFile.Stream(root.Root, root.Storages),
            TorchFile.Stream(root.Root, 4, true, root.Storages) })], PickleMutations.Any);

    public override byte[] Mutate(byte[] input, byte[] other, Random random) =>
        random.Next(3) == 0 ? ByteMutations.Any(input, other, random) : _mutate(input, other, random);

    // Readers hold at most four times the file's length and 64 MiB; what they let go counts here, too, and the file that is written.
    public override long AllocationLimit(int inputLength) => (160L << 20) + (64L * inputLength);

    public override void Run(byte[] input)
    {
        Checkpoint checkpoint = CheckpointFile.Load(_file.Holding(input));
        CheckpointFile.Save(_written.Path, checkpoint);
        AssertSame(checkpoint.Tensors, CheckpointFile.Load(_written.Path).Tensors);
        try
        {
            Architectures.Build(checkpoint);
        }
        catch (WeightMismatchException)
        {
            // Most files hold no network.
        }
    }

    private static void AssertSame(StateDict expected, StateDict found)
    {
        if (!expected.Names.Order(StringComparer.Ordinal).SequenceEqual(found.Names.Order(StringComparer.Ordinal)))
        {
            throw new WrongResultException($"The tensors {string.Join(", ", expected.Names)} became {string.Join(", ", found.Names)} "
                + $"when they were written and read again.");
        }

        foreach ((string name, Tensor tensor) in expected)
        {
            Tensor other = found[name];
            if (tensor.Type != other.Type || tensor.Shape != other.Shape || !tensor.Bytes.SequenceEqual(other.Bytes))
            {
                throw new WrongResultException($"The tensor {name} became another when it was written and read again.");
            }
        }
    }

    private static StateDict Network() => ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.Cifar));

    private static byte[] Save(StateDict tensors, ModelMetadata metadata)
    {
        var file = new ScratchFile(".safetensors");
        CheckpointFile.Save(file.Path, new Checkpoint(tensors, metadata));
        return File.ReadAllBytes(file.Path);
    }

    // A dictionary of tensors that share a storage; one below other objects, as training writes it; a network.
    private static IEnumerable<(object Root, StorageSpec[] Storages)> Roots()
    {
        var first = StorageSpec.Floats("0", 1, 2, 3, 4, 5, 6);
        var second = new StorageSpec("1", "HalfStorage", 2, new byte[8]);
        var tensors = new Dictionary<string, object?>
        {
            ["a.weight"] = new TensorSpec(first, 0, [2, 3], [3, 1]),
            ["a.bias"] = new TensorSpec(first, 3, [3], [1]) { IsParameter = true },
            ["b.weight"] = new TensorSpec(second, 0, [2, 2], [1, 2]),
        };
        yield return (new OrderedDictSpec(tensors), [first, second]);
        var training = new Dictionary<string, object?>
        {
            ["epoch"] = 3,
            ["state_dict"] = new OrderedDictSpec(tensors),
            ["args"] = new ObjectSpec(
                new GlobalSpec("argparse", "Namespace"))
            { State = new Dictionary<string, object?> { ["lr"] = 0.5, ["name"] = "x" } },
        };
        yield return (training, [first, second]);
        var entries = new Dictionary<string, object?>();
        var storages = new List<StorageSpec>();
        foreach ((string name, Tensor tensor) in Network())
        {
            (string type, int size) = tensor.Type == ElementType.Int64 ? ("LongStorage", 8) : ("FloatStorage", 4);
            var storage = new StorageSpec($"{storages.Count}", type, size, tensor.Bytes.ToArray());
            long[] sizes = [.. tensor.Shape.Dimensions.ToArray().Select(dimension => (long)dimension)];
            long[] strides = [.. sizes.Select((_, axis) => sizes[(axis + 1)..].Aggregate(1L, (product, next) => product * next))];
            entries.Add(name, new TensorSpec(storage, 0, sizes, strides));
            storages.Add(storage);
        }

        yield return (new OrderedDictSpec(entries), [.. storages]);
    }
}
