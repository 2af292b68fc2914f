using DwEngine.Runtime.Cores;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>What is read from Linux's files: quotas of control groups, and the topology of cores.</summary>
public sealed class CoreFactsTests : IDisposable
{
    private const string SecondMount = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("dwengine-cores-");

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData("max 100000", double.PositiveInfinity)]
    [InlineData("150000 100000", 1.5)]
    [InlineData("400000 100000", 4)]
    [InlineData("", double.PositiveInfinity)]
    [InlineData("a b", double.PositiveInfinity)]
    [InlineData("100000", double.PositiveInfinity)]
    public void A_container_of_the_second_version_has_its_limit_at_the_top(string limit, double expected)
    {
        Write("proc/self/cgroup", "0::/");
        Write("proc/self/mountinfo", "22 1 0:20 / /proc rw - proc proc rw\n" + SecondMount);
        Write("sys/fs/cgroup/cpu.max", limit);
        Assert.Equal(expected, CpuQuota.Read(_root.FullName));
    }

    [Fact]
    public void The_smallest_limit_of_all_groups_above_counts()
    {
        Write("proc/self/cgroup", "0::/a.slice/b c/d");
        Write("proc/self/mountinfo", SecondMount);
        Write("sys/fs/cgroup/a.slice/cpu.max", "300000 100000");
        Write("sys/fs/cgroup/a.slice/b c/cpu.max", "200000 100000");
        Write("sys/fs/cgroup/a.slice/b c/d/cpu.max", "max 100000");
        Write("sys/fs/cgroup/other/cpu.max", "100000 100000");
        Assert.Equal(2, CpuQuota.Read(_root.FullName));
    }

    [Theory]
    [InlineData("-1", double.PositiveInfinity)]
    [InlineData("250000", 2.5)]
    public void A_container_of_the_first_version_sees_its_group_as_the_mounts_root(string quota, double expected)
    {
        Write("proc/self/cgroup", "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n0::/");
        Write(
            "proc/self/mountinfo",
            "31 30 0:27 /docker/1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
            + "32 30 0:28 /docker/1 /sys/fs/cgroup/cpu,cpuacct ro master:9 - cgroup cgroup rw,cpu,cpuacct\n"
            + "33 30 0:29 /docker/1 /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset");
        Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", quota);
        Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
        Write("sys/fs/cgroup/cpuset/cpu.cfs_quota_us", "1000");
        Write("sys/fs/cgroup/cpuset/cpu.cfs_period_us", "100000");
        Assert.Equal(expected, CpuQuota.Read(_root.FullName));
    }

    [Fact]
    public void Without_control_groups_there_is_no_limit() => Assert.Equal(double.PositiveInfinity, CpuQuota.Read(_root.FullName));

    [Fact]
    public void Linux_tells_siblings_and_speeds()
    {
        WriteCore(0, "0,8", "cpufreq/cpuinfo_max_freq", "5200000");
        WriteCore(8, "0,8", "cpufreq/cpuinfo_max_freq", "5200000");
        WriteCore(1, "1", "cpufreq/cpuinfo_max_freq", "5000000");
        WriteCore(2, "2-3", "cpufreq/cpuinfo_max_freq", "3900000");
        WriteCore(3, "2-3", "cpufreq/cpuinfo_max_freq", "3900000");
        CoreTopology topology = CoreTopology.ReadLinux(_root.FullName);
        Assert.Equal([8], topology.Siblings(0).ToArray());
        Assert.Equal([0], topology.Siblings(8).ToArray());
        Assert.Empty(topology.Siblings(1).ToArray());
        Assert.Equal([2], topology.Siblings(3).ToArray());
        Assert.Equal([2, 3], Enumerable.Range(0, 20).Where(topology.IsSlow));
    }

    [Fact]
    public void Capacity_counts_more_than_frequency_and_nothing_known_means_nothing_slow()
    {
        WriteCore(0, "0", "cpu_capacity", "1024", "cpufreq/cpuinfo_max_freq", "1000");
        WriteCore(1, "1", "cpu_capacity", "530", "cpufreq/cpuinfo_max_freq", "1000");
        CoreTopology topology = CoreTopology.ReadLinux(_root.FullName);
        Assert.True(topology.IsSlow(1));
        Assert.False(topology.IsSlow(0));
        CoreTopology unknown = CoreTopology.ReadLinux(Path.Combine(_root.FullName, "none"));
        Assert.False(unknown.IsSlow(0));
        Assert.Empty(unknown.Siblings(0).ToArray());
    }

    private void WriteCore(int core, string siblings, params string[] filesAndContents)
    {
        Write($"cpu{core}/topology/thread_siblings_list", siblings);
        for (int i = 0; i < filesAndContents.Length; i += 2)
        {
            Write($"cpu{core}/{filesAndContents[i]}", filesAndContents[i + 1]);
        }
    }

    private void Write(string file, string text)
    {
        string path = Path.Combine(_root.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text + '\n');
    }
}
