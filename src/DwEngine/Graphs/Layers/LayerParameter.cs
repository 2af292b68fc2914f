using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>A tensor that belongs to a layer.</summary>
/// <param name="Name">
/// Its name within the layer, as PyTorch gives it: <c>weight</c>, <c>bias</c>, <c>running_mean</c>, <c>running_var</c>.
/// </param>
/// <param name="Tensor">Its values.</param>
/// <param name="IsStatistic">Whether it was measured in training, not trained.</param>
public readonly record struct LayerParameter(string Name, Tensor Tensor, bool IsStatistic = false);
