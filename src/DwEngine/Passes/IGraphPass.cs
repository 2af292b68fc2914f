using DwEngine.Graphs;

namespace DwEngine.Passes;

/// <summary>A rewrite of a graph that keeps what it computes, its inputs, and its outputs' names and shapes.</summary>
public interface IGraphPass
{
    /// <summary>The pass's name, for messages.</summary>
    string Name { get; }

    /// <summary>Makes the rewritten graph; the same graph if there is nothing to do.</summary>
    Graph Run(Graph graph);
}
