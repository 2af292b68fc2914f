using System.Collections.Concurrent;
using DwEngine.Kernels;
using DwEngine.Simd;
using DwEngine.Tests.Kernels.Cases;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>Walks the kernel table and draws cases for its rows.</summary>
internal static class KernelChecks
{
    // Draws after which a flavour of which a row has accepted some counts as one that it accepts no more.
    private const int MostDraws = 10_000;

    private static readonly ConcurrentDictionary<KernelRow, Func<Random, KernelCase>[]> s_acceptedFlavours = new();

    /// <summary>The rows that this CPU can run: their place in the table, and their name for people.</summary>
    public static TheoryData<int, string> SupportedRows()
    {
        var data = new TheoryData<int, string>();
        for (int i = 0; i < KernelTable.Rows.Length; i++)
        {
            if (Isas.IsSupported(KernelTable.Rows[i].Isa))
            {
                data.Add(i, KernelTable.Rows[i].ToString());
            }
        }

        return data;
    }

    /// <summary>Checks a row on <paramref name="count"/> random cases that it accepts.</summary>
    public static void ForAll(int row, int count, Action<KernelRow, KernelCase> check) => ForAll(KernelTable.Rows[row], count, check);

    /// <summary>Checks a row, of the table or not, on <paramref name="count"/> random cases that it accepts.</summary>
    public static void ForAll(KernelRow subject, int count, Action<KernelRow, KernelCase> check)
    {
        int checkedCases = 0;
        Gen<KernelCase> cases = Gen.Choose(int.MinValue, int.MaxValue).SelectMany(seed => Accepted(subject, new Random(seed)));
        Arbitrary<KernelCase> arbitrary = Arb.From(cases, problem => problem.Shrink().Where(simpler => simpler.IsAcceptedBy(subject)));
        Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(count), Prop.ForAll(arbitrary, problem =>
        {
            check(subject, problem);
            checkedCases++;
        }));
        Assert.Equal(count, checkedCases);
    }

    /// <summary>A case of each flavour that the row accepts.</summary>
    public static IEnumerable<KernelCase> OneOfEachFlavour(int row, int seed)
    {
        KernelRow subject = KernelTable.Rows[row];
        foreach (Func<Random, KernelCase> flavour in AcceptedFlavours(subject))
        {
            yield return Draw(subject, flavour, new Random(seed));
        }
    }

    /// <summary>Fails unless the values agree: NaN with NaN, infinities exactly, all others within their tolerance.</summary>
    public static void AssertAgrees(Expectation expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Values.Length, actual.Length);
        for (int i = 0; i < actual.Length; i++)
        {
            float e = expected.Values[i], a = actual[i];
            bool agrees = expected.IsBitwise ? BitConverter.SingleToUInt32Bits(e) == BitConverter.SingleToUInt32Bits(a)
                : float.IsNaN(e) || (expected.MayBeNaN?[i] == true && float.IsNaN(a)) ? float.IsNaN(a)
                : a == e || Math.Abs((double)a - e) <= expected.Tolerances[i];
            Assert.True(agrees, $"Element {i} of {actual.Length}: expected {e} within {expected.Tolerances[i]}, found {a}.");
        }
    }

    private static Gen<KernelCase> Accepted(KernelRow row, Random random)
    {
        Func<Random, KernelCase>[] flavours = AcceptedFlavours(row);
        return Gen.Constant(Draw(row, flavours[random.Next(flavours.Length)], random));
    }

    private static KernelCase Draw(KernelRow row, Func<Random, KernelCase> flavour, Random random)
    {
        for (int i = 0; i < MostDraws; i++)
        {
            KernelCase problem = flavour(random);
            if (problem.IsAcceptedBy(row))
            {
                return problem;
            }
        }

        throw new InvalidOperationException($"{row} accepts too few cases.");
    }

    private static Func<Random, KernelCase>[] AcceptedFlavours(KernelRow row)
    {
        Func<Random, KernelCase>[] flavours = s_acceptedFlavours.GetOrAdd(row, static row =>
        [
            .. Flavours.All.Where(flavour =>
            {
                var random = new Random(1);
                return Enumerable.Range(0, 50).Any(_ => flavour(random).IsAcceptedBy(row));
            }),
        ]);
        Assert.True(flavours.Length > 0, $"No flavour has cases that {row} accepts: add one for it.");
        return flavours;
    }
}
