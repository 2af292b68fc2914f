using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DwEngine.Graphs;
using DwEngine.Models;

namespace DwEngine.Decomposition.Calibration;

/// <summary>What statistics are of, so that those of something else are not taken for them.</summary>
/// <param name="Network">A hash of the network, see <see cref="GraphIdentity.ComputeHash"/>.</param>
/// <param name="Preparation">A hash of <see cref="ICalibrationImages.Preparation"/>.</param>
public readonly record struct CalibrationSource(ulong Network, ulong Preparation)
{
    /// <summary>What statistics of these images and this network are of.</summary>
    public static CalibrationSource Of(Graph graph, ICalibrationImages images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Of(graph, images.Preparation);
    }

    /// <summary>What statistics of this network are of, where the images were prepared in this way and are not at hand.</summary>
    /// <param name="graph">The network, as it was built or loaded.</param>
    /// <param name="preparation"><see cref="ICalibrationImages.Preparation"/> of the images.</param>
    public static CalibrationSource Of(Graph graph, string preparation) => new(HashOf(graph), HashOf(preparation));

    /// <summary>Whether the images told how they were prepared; nothing can be held against statistics of others.</summary>
    public bool TellsPreparation => Preparation != HashOf("");

    /// <summary><see cref="Network"/> of a graph, as it was built or loaded.</summary>
    public static ulong HashOf(Graph graph) =>
        BinaryPrimitives.ReadUInt64LittleEndian(GraphIdentity.ComputeHash(graph));

    private static ulong HashOf(string text) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
