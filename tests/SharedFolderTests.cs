using System.Reflection;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests;

/// <summary>Says once what is not tested where the shared test data are absent.</summary>
public class SharedFolderTests
{
    private const BindingFlags AnyMethod =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    [Fact]
    public void The_shared_test_data_are_at_hand()
    {
        int tests = typeof(SharedFolderTests).Assembly.GetTypes().SelectMany(type => type.GetMethods(AnyMethod)).Count(NeedsThem);
        Assert.True(tests > 0);
        Assert.SkipWhen(
            SharedFolder.Path is null,
            $"{tests} tests of pretrained models and test data from outside are not run; DWENGINE_SHARED may name their folder.");
        Assert.True(Directory.Exists(SharedFolder.Path));
    }

    private static bool NeedsThem(MethodInfo method) =>
        method.IsDefined(typeof(SharedFactAttribute)) || method.IsDefined(typeof(SharedTheoryAttribute));
}
