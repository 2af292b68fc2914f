using System.Globalization;

namespace DwEngine.Runtime.Cores;

/// <summary>
/// Which logical cores share a physical core, and which are slow. Of a core that it does not know it says that it shares nothing and is
/// fast.
/// </summary>
internal sealed class CoreTopology
{
    // Parts of one speed class differ by what single chips can be clocked to; efficient cores differ from fast ones by more.
    private const double FastShare = 0.8;

    private readonly Dictionary<int, Entry> _cores;

    private CoreTopology(Dictionary<int, Entry> cores) => _cores = cores;

    /// <summary>Reads what Linux tells; what it does not tell is left out.</summary>
    /// <param name="folder">Where it tells it.</param>
    public static CoreTopology ReadLinux(string folder = "/sys/devices/system/cpu")
    {
        var topology = new Builder();
        for (int core = 0; core < CoreSet.Capacity; core++)
        {
            string own = Path.Combine(folder, $"cpu{core}");
            if (ReadText(Path.Combine(own, "topology", "thread_siblings_list")) is { } siblings)
            {
                // A list of numbers and ranges, the lowest first.
                int digits = siblings.AsSpan().IndexOfAnyExceptInRange('0', '9');
                double? speed = Number(ReadText(Path.Combine(own, "cpu_capacity")))
                    ?? Number(ReadText(Path.Combine(own, "cpufreq", "cpuinfo_max_freq")));
                topology.Add(core, (int)(Number(digits < 0 ? siblings : siblings[..digits]) ?? core), speed ?? 0);
            }
        }

        return topology.Build();
    }

    /// <summary>The other logical cores of a core's physical core.</summary>
    public ReadOnlySpan<int> Siblings(int core) => _cores.TryGetValue(core, out Entry entry) ? entry.Siblings : [];

    /// <summary>Whether the machine has cores that are markedly faster.</summary>
    public bool IsSlow(int core) => _cores.TryGetValue(core, out Entry entry) && entry.IsSlow;

    private static string? ReadText(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static double? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>Collects what is known of each core.</summary>
    public sealed class Builder
    {
        private readonly List<(int Core, int Physical, double Speed)> _cores = [];

        /// <summary>Adds a logical core.</summary>
        /// <param name="core">Its number.</param>
        /// <param name="physical">A number that it has in common with those of its physical core.</param>
        /// <param name="speed">In any unit.</param>
        public void Add(int core, int physical, double speed) => _cores.Add((core, physical, speed));

        /// <summary>The topology.</summary>
        public CoreTopology Build()
        {
            double fastest = _cores.Select(core => core.Speed).DefaultIfEmpty().Max();
            ILookup<int, int> together = _cores.ToLookup(core => core.Physical, core => core.Core);
            return new CoreTopology(_cores.ToDictionary(
                core => core.Core,
                core => new Entry([.. together[core.Physical].Where(other => other != core.Core)], core.Speed < FastShare * fastest)));
        }
    }

    private readonly record struct Entry(int[] Siblings, bool IsSlow);
}
