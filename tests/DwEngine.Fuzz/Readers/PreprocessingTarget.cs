using System.Buffers.Binary;
using DwEngine.Fuzz.Mutation;
using DwEngine.Vision;

namespace DwEngine.Fuzz.Readers;

/// <summary>Pictures and sizes of every proportion. Each result lies between what black and white become.</summary>
internal sealed class PreprocessingTarget : FuzzTarget
{
    private const int MostPixels = 1 << 16, MostResized = 1 << 21, MostOutput = 1 << 20;

    public override string Name => "preprocessing";

    public override int LongestInput => 16;

    // Width, height, resize and crop.
    public override IReadOnlyList<byte[]> Corpus { get; } =
        [Input(20, 30, 18, 16), Input(1, 1, 1, 1), Input(3000, 2, 7, 7), Input(5, 5, 4, 9)];

    public override byte[] Mutate(byte[] input, byte[] other, Random random)
    {
        byte[] copy = [.. input];
        int value = random.Next(4) == 0 ? (int)ByteMutations.Number(random) : 1 + random.Next(1 << random.Next(1, 13));
        BinaryPrimitives.WriteInt32LittleEndian(copy.AsSpan(random.Next(4) * sizeof(int)), value);
        return copy;
    }

    public override long AllocationLimit(int inputLength) => 256 << 20;

    public override void Run(byte[] input)
    {
        int width = Number(input, 0), height = Number(input, 1), resize = Number(input, 2), crop = Number(input, 3);
        var preprocessing = new Preprocessing(resize, crop, [0.5f, 0.25f, 0], [0.5f, 1, 2]);
        // What is accepted may take long; only what is quick is tried.
        if ((long)crop * crop > MostOutput || Math.Min(width, height) < 1 || (long)width * height > MostPixels
            || (double)Math.Max(width, height) / Math.Min(width, height) * resize * crop > MostResized)
        {
            return;
        }

        byte[] pixels = new byte[width * height * RgbImage.Channels];
        new Random(width ^ (height << 8)).NextBytes(pixels);
        float[] output = new float[preprocessing.OutputLength];
        Array.Fill(output, float.NaN);
        preprocessing.Apply(new RgbImage(width, height, pixels), output);
        for (int channel = 0; channel < RgbImage.Channels; channel++)
        {
            float mean = preprocessing.Mean[channel], deviation = preprocessing.StandardDeviation[channel];
            float low = ((0 - mean) / deviation) - 1e-5f, high = ((1 - mean) / deviation) + 1e-5f;
            foreach (float value in output.AsSpan(channel * crop * crop, crop * crop))
            {
                if (!(value >= low && value <= high))
                {
                    throw new WrongResultException(
                        $"{width} x {height} resized to {resize}, cropped to {crop}: {value} is outside of {low} to {high}.");
                }
            }
        }
    }

    private static int Number(byte[] input, int index) => BinaryPrimitives.ReadInt32LittleEndian(input.AsSpan(index * sizeof(int)));

    private static byte[] Input(params int[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];
}
