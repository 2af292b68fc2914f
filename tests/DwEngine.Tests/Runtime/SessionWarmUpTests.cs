using System.Reflection;
using System.Runtime;
using System.Runtime.Loader;
using DwEngine.Graphs;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

[Collection("quiet process")]
public class SessionWarmUpTests
{
    /// <summary>The count of the whole process holds what the test runner's threads compile, which comes once, not each time.</summary>
    private const int Attempts = 5;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void After_it_a_run_compiles_nothing(int threads, bool movesCaller)
    {
        if (movesCaller)
        {
            CoreMasks.Require(2);
        }

        Assert.NotEqual(0, Compiled(threads, isWarm: false, movesCaller).Sum());
        int[] least = Compiled(threads, isWarm: true, movesCaller);
        for (int attempt = 1; attempt < Attempts && least[^1] != 0; attempt++)
        {
            int[] again = Compiled(threads, isWarm: true, movesCaller);
            Assert.Equal(least.Length, again.Length);
            // Only the last count is of the whole process: the others must hold each time.
            Assert.Equal(least[..^1], again[..^1]);
            least[^1] = Math.Min(least[^1], again[^1]);
        }

        Assert.All(least, methods => Assert.Equal(0, methods));
    }

    [Fact]
    public void Inputs_and_outputs_of_the_session_are_left_as_they_were()
    {
        using Model model = TestModels.FloatsAndBytes();
        using Session session = model.CreateSession();
        session.Input<float>("numbers").Fill(3);
        session.Input<byte>("pixels").Fill(200);
        session.Run();
        session.Input<float>("numbers").Fill(4);
        session.WarmUp(TestContext.Current.CancellationToken);
        Assert.Equal(48, session.Input<float>("numbers").Count(4));
        Assert.Equal(48, session.Input<byte>("pixels").Count((byte)200));
        Assert.Equal(48, session.Output<float>("doubled").Count(6));
        Assert.Equal(48, session.Output<byte>("same").Count((byte)200));
        session.Run();
        Assert.Equal(48, session.Output<float>("doubled").Count(8));
    }

    [Fact]
    public void Memory_of_the_session_is_made_only_where_some_was_asked_for()
    {
        using Model model = TestModels.FloatsAndBytes();
        using Session without = model.CreateSession(), with = model.CreateSession();
        with.Input<float>("numbers").Fill(3);
        without.WarmUp(TestContext.Current.CancellationToken);
        with.WarmUp(TestContext.Current.CancellationToken);
        Assert.Equal([false, false, false, false], Enumerable.Range(0, 4).Select(without.HasOwn));
        Assert.Equal([true, true, true, true], Enumerable.Range(0, 4).Select(with.HasOwn));
        Assert.Equal(48, with.Output<float>("doubled").Count(0));
    }

    [Fact]
    public void A_session_of_more_values_than_a_call_can_name_is_warmed_too()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 1, 2, 2));
        using var model = new Model(builder.Build(
            [.. Enumerable.Range(0, SessionCall.MostSpans + 1).Select(i => ($"y{i}", x.Relu($"relu{i}")))]));
        using Session session = model.CreateSession();
        session.WarmUp(TestContext.Current.CancellationToken);
        session.Input<float>("x").Fill(2);
        session.Run();
        Assert.Equal(4, session.Output<float>("y16").Count(2));
    }

    [Fact]
    public void It_is_stopped_by_its_token_and_refused_after_disposal()
    {
        Session session = TestModels.ShuffleNet().CreateSession();
        Assert.Throws<OperationCanceledException>(() => session.WarmUp(new CancellationToken(canceled: true)));
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.WarmUp());
    }

    /// <summary>Called in a copy of the assemblies of which nothing is compiled yet.</summary>
    /// <param name="threads">Of the session.</param>
    /// <param name="isWarm">Whether it is warmed up.</param>
    /// <param name="movesCaller">Whether the runs come from the core that the only helper was bound to.</param>
    /// <returns>Methods that the first run of each kind compiles on this thread, and then all of them on any thread.</returns>
    public static int[] CountCompiled(int threads, bool isWarm, bool movesCaller)
    {
        using Model model = TestModels.ShuffleNet();
        using Session session = model.CreateSession(new SessionOptions { Threads = threads });
        int[] cores = movesCaller ? CoreMasks.Cores(CoreMasks.OfProcess()) : [];
        if (movesCaller)
        {
            // Held here, so that it comes to the helper's core no sooner than it shall.
            CoreMasks.Set(0, cores[..1]);
        }

        string input = session.Inputs[0].Name, result = session.Outputs[0].Name;
        float[] image = TestModels.Input(session), output = TestModels.Output(session);
        using var source = new CancellationTokenSource();
        session.Input<float>(input).Fill(1);
        _ = JitInfo.GetCompiledMethodCount() + JitInfo.GetCompiledMethodCount(currentThread: true);
        if (isWarm)
        {
            session.WarmUp();
        }

        if (movesCaller)
        {
            string helper = "";
            Assert.True(SpinWait.SpinUntil(
                () =>
                {
                    session.Run(image, output);
                    return CoreMasks.OfHelpers() is [var mask] && CoreMasks.Cores(helper = mask).Length == 1;
                },
                TestThreads.Patience));
            CoreMasks.Set(0, CoreMasks.Cores(helper));
        }

        long all = JitInfo.GetCompiledMethodCount();
        var counts = new long[9];
        counts[0] = JitInfo.GetCompiledMethodCount(currentThread: true);
        session.Run(image, output);
        counts[1] = JitInfo.GetCompiledMethodCount(currentThread: true);
        session.Run(image, output, source.Token);
        counts[2] = JitInfo.GetCompiledMethodCount(currentThread: true);
        session.Run(image, output, TimeSpan.FromMinutes(1));
        counts[3] = JitInfo.GetCompiledMethodCount(currentThread: true);
        session.Run();
        counts[4] = JitInfo.GetCompiledMethodCount(currentThread: true);
        session.Run(source.Token);
        counts[5] = JitInfo.GetCompiledMethodCount(currentThread: true);
        session.Run(TimeSpan.FromMinutes(1));
        counts[6] = JitInfo.GetCompiledMethodCount(currentThread: true);
        session.With().Input<float>(input, image).Output<float>(result, output).Run();
        counts[7] = JitInfo.GetCompiledMethodCount(currentThread: true);
        session.With().Input<float>(input, image).Output<float>(result, output).Run(source.Token);
        counts[8] = JitInfo.GetCompiledMethodCount(currentThread: true);
        all = JitInfo.GetCompiledMethodCount() - all;
        if (movesCaller)
        {
            CoreMasks.Set(0, cores);
        }

        return [.. counts.Zip(counts.Skip(1), (before, after) => (int)(after - before)), (int)all];
    }

    private static int[] Compiled(int threads, bool isWarm, bool movesCaller)
    {
        Assembly copy = new Copies().LoadFromAssemblyPath(typeof(SessionWarmUpTests).Assembly.Location);
        MethodInfo count = copy.GetType(typeof(SessionWarmUpTests).FullName!)!.GetMethod(nameof(CountCompiled))!;
        return (int[])count.Invoke(null, [threads, isWarm, movesCaller])!;
    }

    private sealed class Copies() : AssemblyLoadContext("copies")
    {
        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name!.StartsWith(nameof(DwEngine), StringComparison.Ordinal)
                ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, assemblyName.Name + ".dll"))
                : null;
    }
}
