using System.Globalization;

namespace DwEngine.Runtime.Cores;

/// <summary>The CPU time that control groups of Linux (containers) grant this process.</summary>
internal static class CpuQuota
{
    private const string Controller = "cpu";

    /// <summary>Reads the smallest limit of the process's control group and those above it, of both versions.</summary>
    /// <param name="root">The folder that stands for the root of the file system.</param>
    /// <returns>How many cores' time the process may use; infinite without a limit.</returns>
    public static double Read(string root = "/")
    {
        double quota = double.PositiveInfinity;
        string[] groups = ReadLines(Path.Combine(root, "proc/self/cgroup"));
        foreach (string line in ReadLines(Path.Combine(root, "proc/self/mountinfo")))
        {
            // Number, parent, device, root, mount point, options and further fields; then a dash, the type, the source and options of the
            // file system.
            string[] halves = line.Split(" - ", 2), mount = halves[0].Split(' '), type = halves[^1].Split(' ');
            if (halves.Length != 2 || mount.Length < 5 || type.Length < 3)
            {
                continue;
            }

            bool isSecond = type[0] == "cgroup2";
            if (isSecond || (type[0] == "cgroup" && type[2].Split(',').Contains(Controller)))
            {
                string top = Path.Combine(root, Unescape(mount[4]).TrimStart('/'));
                quota = Math.Min(quota, SmallestLimit(top, Below(Unescape(mount[3]), GroupOf(groups, isSecond)), isSecond));
            }
        }

        return quota;
    }

    private static string GroupOf(string[] groups, bool isSecond)
    {
        foreach (string line in groups)
        {
            string[] fields = line.Split(':', 3);
            if (fields.Length == 3 && (isSecond ? fields[1].Length == 0 : fields[1].Split(',').Contains(Controller)))
            {
                return fields[2];
            }
        }

        return "/";
    }

    // A container sees only a part of the tree: the mount's root, and its own group's path from the root of all.
    private static string Below(string mountRoot, string group)
    {
        string top = mountRoot.TrimEnd('/');
        return (group == top || group.StartsWith(top + '/', StringComparison.Ordinal) ? group[top.Length..] : group).Trim('/');
    }

    private static double SmallestLimit(string top, string group, bool isSecond)
    {
        double smallest = Limit(top, isSecond);
        while (group.Length > 0)
        {
            smallest = Math.Min(smallest, Limit(Path.Combine(top, group), isSecond));
            group = group[..Math.Max(0, group.LastIndexOf('/'))];
        }

        return smallest;
    }

    private static double Limit(string folder, bool isSecond)
    {
        string[] values = isSecond
            ? [.. ReadLines(Path.Combine(folder, "cpu.max")).Take(1).SelectMany(line => line.Split(' '))]
            : [.. ReadLines(Path.Combine(folder, "cpu.cfs_quota_us")), .. ReadLines(Path.Combine(folder, "cpu.cfs_period_us"))];

        // "max" and -1 stand for no limit.
        return values is [var time, var period]
            && double.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out double granted) && granted > 0
            && double.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out double every) && every > 0
            ? granted / every
            : double.PositiveInfinity;
    }

    private static string Unescape(string path) => path.Replace(@"\040", " ", StringComparison.Ordinal);

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
