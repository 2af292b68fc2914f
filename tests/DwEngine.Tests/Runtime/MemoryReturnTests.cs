using System.Runtime.CompilerServices;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Unmanaged memory is back once its owners are disposed, or forgotten. It is counted for the whole process.</summary>
[Collection("quiet process")]
[Trait("Category", "Native")]
public class MemoryReturnTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Disposed_models_sessions_and_pools_leave_no_byte(bool modelFirst) => AssertLeavesNothing(before =>
    {
        Model model = TestModels.ShuffleNet();
        Session[] sessions =
        [
            .. new[] { 1, 2, 3 }.Select(threads => model.CreateSession(new SessionOptions { Threads = threads })),
            model.CreateSession(new SessionOptions { Threads = 2, InputShape = model.Graph.Inputs[0].DefaultShape.With(0, 3) }),
        ];
        var pool = new SessionPool(model);
        SessionPool.Lease[] leases = [pool.Rent(), pool.Rent()];
        foreach (Session session in sessions)
        {
            TestModels.Compute(session, TestModels.Input(session));
        }

        Assert.True(AlignedBuffer.LivingBytes > before + sessions.Sum(session => session.ArenaBytes));
        if (modelFirst)
        {
            model.Dispose();
        }

        leases[0].Dispose();
        pool.Dispose();
        leases[1].Dispose();
        Array.ForEach(sessions, session => session.Dispose());
        model.Dispose();
    });

    [Fact]
    public void A_session_that_could_not_be_made_leaves_no_byte() => AssertLeavesNothing(_ =>
    {
        using Model model = TestModels.ShuffleNet();
        Assert.ThrowsAny<DwEngineException>(() => model.CreateSession(new SessionOptions { InputShape = new Shape(1, 4, 64, 64) }));
        int started = 0;
        var options = new SessionOptions
        {
            Threads = 4,
            StartThread = thread =>
            {
                if (started++ == 2)
                {
                    throw new OutOfMemoryException();
                }

                thread.Start();
            },
        };
        Assert.Throws<ResourceException>(() => model.CreateSession(options));
    });

    [Fact]
    public void What_was_forgotten_is_freed_by_the_collector()
    {
        long before = AlignedMemory.Settle();
        Forget();
        long after = long.MaxValue;
        for (int attempt = 0; attempt < 200 && after != before; attempt++)
        {
            after = AlignedMemory.Settle();
            Thread.Sleep(10);
        }

        Assert.Equal(before, after);
    }

    // In a method of its own, so that nothing on the stack holds what it made.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget()
    {
        Model model = TestModels.ShuffleNet();
        Session session = model.CreateSession(new SessionOptions { Threads = 2 });
        TestModels.Compute(session, TestModels.Input(session));
        _ = new SessionPool(model).Rent();
    }

    // What other tests have forgotten may be freed meanwhile: then it is tried again.
    private static void AssertLeavesNothing(Action<long> work)
    {
        long left = -1;
        for (int attempt = 0; attempt < 5 && left < 0; attempt++)
        {
            long before = AlignedMemory.Settle();
            work(before);
            EngineMemory.Trim();
            left = AlignedBuffer.LivingBytes - before;
        }

        Assert.Equal(0, left);
    }
}
