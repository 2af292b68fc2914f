using System.Collections.Immutable;
using System.Text;
using DwEngine.Graphs;
using DwEngine.Models;

namespace DwEngine.PyTorch.Writing;

/// <summary>The text of a module.</summary>
internal static class ModuleText
{
    private const int Width = 100;

    /// <summary>Writes it.</summary>
    /// <param name="name">The name of the file, without its extension.</param>
    /// <param name="source">What the network was read from.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="metadata">What is known of it.</param>
    /// <param name="module">The statements.</param>
    /// <param name="identity">What the module's weights tell, too.</param>
    public static string Write(string name, string source, Graph graph, ModelMetadata metadata, ModuleWriter module, string identity)
    {
        var text = new StringBuilder();
        string title = Identifiers.ClassName(name), weights = $"{name}.safetensors";
        string forward = string.Join('\n', module.Forward);
        Add("import json\nimport struct\nfrom pathlib import Path\n\nimport torch\nfrom torch import nn");
        if (forward.Contains("F.", StringComparison.Ordinal) || module.Helpers.Contains("pad_same"))
        {
            Add("from torch.nn import functional as F");
        }

        Add($"\n# Weights that are saved here tell it; those that tell another are refused.\nMODULE = \"{identity}\"");
        Add($"\n\nclass {title}(nn.Module):");
        AddIndented(4, Documentation(source, weights, graph, metadata));
        Add("\n    def __init__(self):\n        super().__init__()");
        AddIndented(8, module.Constructor);
        Add($"\n    def forward(self, {string.Join(", ", module.Arguments)}):".Replace("self, )", "self)", StringComparison.Ordinal));
        AddIndented(8, module.Forward);
        Add($"""

                @classmethod
                def from_file(cls, path=Path(__file__).with_name({Python.Text(weights)})):
                    # Ready to compute; call train() before training.
                    return cls().load(path).eval()

                def load(self, path):
                    self.load_state_dict(read_safetensors(path, MODULE))
                    return self

                def save(self, path):
                    write_safetensors(path, self.state_dict(), MODULE)
            """);
        foreach (string helper in module.Helpers)
        {
            Add($"\n\n{HelperTexts.Functions[helper]}");
        }

        Add($"\n\n{HelperTexts.SafeTensors}");
        return text.ToString();

        void Add(string lines) => text.Append(lines.ReplaceLineEndings("\n")).Append('\n');

        void AddIndented(int columns, IEnumerable<string> lines)
        {
            foreach (string line in lines)
            {
                Add(line.Length == 0 ? "" : new string(' ', columns) + line);
            }
        }
    }

    private static IEnumerable<string> Documentation(string source, string weights, Graph graph, ModelMetadata metadata)
    {
        yield return $"\"\"\"The network of {Plain(source)}, written by DwEngine. The weights are in {Plain(weights)}.";
        yield return "";
        GraphFacts facts = graph.Infer();
        foreach (GraphInput input in graph.Inputs)
        {
            yield return $"Input: {Plain(input.Name)}, {input.DefaultShape} of {input.Type.ToString().ToLowerInvariant()}.";
        }

        foreach (GraphOutput output in graph.Outputs)
        {
            yield return $"Output: {Plain(output.Name)}, {facts[output.Value]}.";
        }

        if (metadata.Mean is { } mean && metadata.StandardDeviation is { } deviation)
        {
            string size = metadata.InputSize is { } pixels ? $"{pixels} x {pixels} pixels, " : "";
            bool isBlueFirst = MegviiShuffleNetV2.IsBlueFirst(metadata);
            string colours = mean.Length != 3 ? "" : isBlueFirst ? "blue, green, red, " : "red, green, blue, ";
            if (isBlueFirst)
            {
                (mean, deviation) = ([.. mean.Reverse()], [.. deviation.Reverse()]);
            }

            yield return $"Pictures: {size}{colours}(value / 255 - mean) / std,";
            yield return $"    mean {List(mean)}, std {List(deviation)}.";
        }

        if (metadata.Labels is { } labels)
        {
            string all = string.Join(", ", labels.Select(Plain));
            yield return all.Length <= Width - 20
                ? $"Classes: {all}."
                : $"Classes: {labels.Length}, {all[..(Width - 40)]}...";
        }

        yield return "\"\"\"";
    }

    private static string List(ImmutableArray<float> values) => string.Join(", ", values.Select(Python.Number));

    // Nothing of a name may end the text that it stands in.
    private static string Plain(string text) =>
        string.Concat(text.Select(letter => letter is < ' ' or > '~' ? '?' : letter is '"' or '\\' ? '\'' : letter));
}
