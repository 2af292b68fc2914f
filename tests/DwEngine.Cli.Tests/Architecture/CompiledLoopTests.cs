using System.Reflection;
using DwEngine.Runtime;
using DwEngine.Vision;
using Xunit;

namespace DwEngine.Cli.Tests.Architecture;

/// <summary>Methods that loop in a run are compiled by themselves, as they are written.</summary>
public class CompiledLoopTests
{
    /// <summary>
    /// Where a profile shows one target of a virtual call, the JIT inlines that target. The caller's budget for inlining then ends inside a
    /// loop, whose vector operations become calls.
    /// </summary>
    [Theory]
    [InlineData(typeof(Model), 80)]
    [InlineData(typeof(ImageDecoder), 8)]
    public void A_method_that_is_compiled_at_once_is_never_inlined(Type inAssembly, int fewest)
    {
        const BindingFlags All = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic
            | BindingFlags.Instance | BindingFlags.Static;
        MethodInfo[] loops =
        [
            .. inAssembly.Assembly.GetTypes().SelectMany(type => type.GetMethods(All))
                .Where(method => method.MethodImplementationFlags.HasFlag(MethodImplAttributes.AggressiveOptimization)),
        ];
        Assert.True(loops.Length >= fewest, $"only {loops.Length} such methods were found");
        Assert.All(loops, method => Assert.True(
            method.MethodImplementationFlags.HasFlag(MethodImplAttributes.NoInlining), $"{method.DeclaringType}.{method.Name}"));
    }
}
