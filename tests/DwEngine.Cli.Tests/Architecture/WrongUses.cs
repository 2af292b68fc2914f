// Two folders that know each other, each in another way. DependencyTests show that this is found.
#pragma warning disable IDE0130 // Namespaces follow folders, but for these.

namespace DwEngine.Cli.Tests.Architecture.Wrong
{
    internal static class Root
    {
        public static int Value => 1;
    }
}

namespace DwEngine.Cli.Tests.Architecture.Wrong.Lower
{
    internal static class InCode
    {
        public static object Make()
        {
            int[] values = [Root.Value];
            return values.Select(value => new Upper.Thing(value)).ToList();
        }
    }
}

namespace DwEngine.Cli.Tests.Architecture.Wrong.Upper
{
    internal sealed record Thing(int Value);

    internal abstract class InSignature
    {
        public abstract IReadOnlyList<Middle.Part[]> Parts { get; }
    }
}

namespace DwEngine.Cli.Tests.Architecture.Wrong.Middle
{
    internal readonly record struct Part(int Length);

    internal class InConstraint
    {
        public virtual bool Is<T>(T value)
            where T : Lower.IMark => value is not null;
    }
}

namespace DwEngine.Cli.Tests.Architecture.Wrong.Lower
{
    internal interface IMark;
}
