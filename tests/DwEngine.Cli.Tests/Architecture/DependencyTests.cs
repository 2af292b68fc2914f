using System.Reflection;
using System.Xml.Linq;
using DwEngine.Cli.Commands;
using DwEngine.Decomposition;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.PyTorch;
using DwEngine.Runtime;
using DwEngine.Testing;
using DwEngine.Vision;
using Xunit;

namespace DwEngine.Cli.Tests.Architecture;

/// <summary>Dependencies point inward: between projects, between the stages of the core, and never in a circle.</summary>
public class DependencyTests
{
    /// <summary>The stages of the core; each may use those before it.</summary>
    private static readonly string[] s_stages = ["Tensors", "Simd", "Kernels", "Graphs", "Passes", "Planning", "Runtime"];

    /// <summary>The projects, and what each may use of the others.</summary>
    private static readonly Dictionary<string, string[]> s_projects = new()
    {
        ["DwEngine"] = [],
        ["DwEngine.Files"] = ["DwEngine"],
        ["DwEngine.Models"] = ["DwEngine"],
        ["DwEngine.Formats"] = ["DwEngine", "DwEngine.Files", "DwEngine.Models"],
        ["DwEngine.Onnx"] = ["DwEngine", "DwEngine.Files", "DwEngine.Models"],
        ["DwEngine.PyTorch"] = ["DwEngine", "DwEngine.Files", "DwEngine.Models", "DwEngine.Formats", "DwEngine.Onnx"],
        ["DwEngine.Vision"] = ["DwEngine", "DwEngine.Files", "DwEngine.Models"],
        ["DwEngine.Decomposition"] = ["DwEngine", "DwEngine.Files", "DwEngine.Models", "DwEngine.Formats"],
        ["DwEngine.Cli"] =
        [
            "DwEngine", "DwEngine.Files", "DwEngine.Models", "DwEngine.Formats", "DwEngine.Onnx", "DwEngine.PyTorch",
            "DwEngine.Vision", "DwEngine.Decomposition",
        ],
    };

    /// <summary>The assembly of each project, and whether types outside its folders count as one more folder.</summary>
    private static readonly (string Project, Assembly Assembly, bool WithRoot)[] s_assemblies =
    [
        ("DwEngine", typeof(Model).Assembly, true),
        ("DwEngine.Files", typeof(InputFile).Assembly, true),
        ("DwEngine.Models", typeof(Network).Assembly, true),
        // Lists what the folders offer, by what they share.
        ("DwEngine.Formats", typeof(ModelFile).Assembly, false),
        ("DwEngine.Onnx", typeof(OnnxFile).Assembly, false),
        ("DwEngine.PyTorch", typeof(PyTorchModule).Assembly, false),
        ("DwEngine.Vision", typeof(ImageDecoder).Assembly, false),
        ("DwEngine.Decomposition", typeof(NetworkDecomposer).Assembly, false),
        ("DwEngine.Cli", typeof(CliCommand).Assembly, true),
    ];

    public static TheoryData<string> Projects => [.. s_projects.Keys];

    [Fact]
    public void Every_stage_of_the_core_uses_only_those_before_it()
    {
        Assembly core = typeof(Model).Assembly;
        Assert.Equal(
            s_stages.Append("").Order(),
            core.GetTypes().Where(type => TypeUses.IsWithin(type.Namespace ?? "", "DwEngine"))
                .Select(type => Circles.Child(type.Namespace!, "DwEngine")).Distinct().Order());
        Assert.Empty(
            TypeUses.Of(core, "DwEngine").Where(use => Stage(use.To) > Stage(use.From)).Select(use => $"{use.User} uses {use.Used}"));

        // What belongs to no stage is the errors, which use nothing and serve all.
        static int Stage(string name) => Array.IndexOf(s_stages, Circles.Child(name, "DwEngine"));
    }

    // The core shows its internals to the other projects for the words of messages and for the one way to round a product and a sum.
    [Theory]
    [MemberData(nameof(Projects))]
    public void Of_what_the_core_hides_other_projects_use_only_words_and_rounding(string project)
    {
        Assembly core = typeof(Model).Assembly, assembly = AssemblyOf(project);
        IEnumerable<string> hidden = assembly == core
            ? []
            : TypeUses.Of(assembly, "DwEngine").Select(use => use.Used).Where(name => core.GetType(name) is { IsVisible: false });
        Assert.Empty(hidden.Distinct().Except(["DwEngine.Words", "DwEngine.Simd.Fused"]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_project_references_only_those_inward_of_it(string project)
    {
        string[] allowed = s_projects[project];
        string file = Path.Combine(Repository.Root, "src", project, project + ".csproj");
        Assert.Empty(XDocument.Load(file).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .Except(allowed));
        Assert.Empty(AssemblyOf(project).GetReferencedAssemblies()
            .Select(reference => reference.Name!).Where(name => TypeUses.IsWithin(name, "DwEngine") || name == "dw")
            .Except(allowed));
        // Inward is a direction only if none of these is allowed to come back.
        Assert.All(allowed, inner => Assert.True(Array.TrueForAll(s_projects[inner], s_projects[project].Contains) && inner != project));
    }

    [Fact]
    public void Every_project_of_the_source_folder_is_known_here() => Assert.Equal(
        s_projects.Keys.Order(), Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName).Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_folders_of_a_project_use_each_other(string project)
    {
        bool withRoot = Array.Find(s_assemblies, entry => entry.Project == project).WithRoot;
        Assert.Empty(Circles.Between(AssemblyOf(project), project, withRoot));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_type_is_below_the_namespace_of_its_project(string project)
    {
        // The compiler's own types and the program's entry have no namespace; generated code has one of its own.
        Assert.All(
            AssemblyOf(project).GetTypes().Where(type => TypeUses.IsWithin(type.Namespace ?? "", "DwEngine")),
            type => Assert.True(TypeUses.IsWithin(type.Namespace!, project), type.FullName));
    }

    [Fact]
    public void Folders_that_use_each_other_are_found()
    {
        string root = typeof(Wrong.Root).Namespace!;
        string[] expected =
        [
            $"{root}.Lower.InCode uses {root}.Upper.Thing",
            $"{root}.Middle.InConstraint uses {root}.Lower.IMark",
            $"{root}.Upper.InSignature uses {root}.Middle.Part",
        ];
        Assert.Equal(expected, Circles.Between(typeof(Wrong.Root).Assembly, root, withRoot: true));
    }

    private static Assembly AssemblyOf(string project) => Array.Find(s_assemblies, entry => entry.Project == project).Assembly;
}
