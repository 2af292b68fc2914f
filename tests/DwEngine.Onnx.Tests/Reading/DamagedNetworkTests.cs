using System.Diagnostics;
using DwEngine.Runtime;
using DwEngine.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Onnx.Tests.Reading;

/// <summary>Real networks, cut or with a bit flipped: a graph that plans, or one typed error, soon and with little memory.</summary>
public class DamagedNetworkTests
{
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(TestSpeed.IsSlow ? 20 : 4);

    [SharedTheory]
    [InlineData("real/fastestdet")]
    [InlineData("real/ultraface_rfb_320")]
    [InlineData("squeezenet1_1")]
    [InlineData("shufflenet_v2_x0_5")]
    public void A_cut_or_a_flipped_bit_is_a_network_or_one_error(string name)
    {
        byte[] bytes = File.ReadAllBytes(SharedFolder.Require($"models/{name}.onnx"));
        // Where weights lie, a flipped bit only is another weight; most of the structure stands at the start and at the end.
        Gen<int> places = Gen.OneOf(
            Gen.Choose(0, 20_000), Gen.Choose(bytes.Length - 20_000, bytes.Length - 1), Gen.Choose(0, bytes.Length - 1));
        Gen<(int At, int Bit)> faults = from at in places from bit in Gen.Choose(-1, 7) select (at, bit);
        Check.One(
            Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 10 : 60),
            Prop.ForAll(faults.ToArbitrary(), fault =>
            {
                byte[] damaged = fault.Bit < 0 ? bytes[..fault.At] : [.. bytes];
                if (fault.Bit >= 0)
                {
                    damaged[fault.At] ^= (byte)(1 << fault.Bit);
                }

                LoadOrRefuse(damaged);
            }));
    }

    private static void LoadOrRefuse(byte[] bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
        try
        {
            using var model = new Model(OnnxFile.Load(new MemoryStream(bytes), "test.onnx").Graph);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64L * (bytes.Length + (64 << 20)));
        }
        catch (DwEngineException error)
        {
            Assert.StartsWith("test.onnx: ", error.Message, StringComparison.Ordinal);
            Assert.InRange(error.Message.Length, 10, 20_000);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, s_most);
    }
}
