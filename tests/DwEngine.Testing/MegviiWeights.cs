using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Testing;

/// <summary>Small networks of ShuffleNet V2 as its authors name it.</summary>
internal static class MegviiWeights
{
    /// <summary>Stages of two units and three, of 8 and 20 channels, and five classes.</summary>
    public static StateDict Random(bool isExpanded)
    {
        var random = new Random(1);
        var tensors = new StateDict();
        Convolution("first_conv.0", "first_conv.1", 4, 3, 3);
        Unit(0, 4, 8, true);
        Unit(1, 8, 8, false);
        Unit(2, 8, 20, true);
        Unit(3, 20, 20, false);
        Unit(4, 20, 20, false);
        Convolution("conv_last.0", "conv_last.1", 12, 20, 1);
        tensors.Add("classifier.0.weight", TestTensors.Random(random, new Shape(5, 12)));
        return tensors;

        void Unit(int number, int channels, int total, bool isDownsampling)
        {
            int input = isDownsampling ? channels : channels / 2, middle = total / 2;
            string main = $"features.{number}.branch_main", projection = $"features.{number}.branch_proj";
            Convolution($"{main}.0", $"{main}.1", middle, input, 1);
            Convolution($"{main}.3", $"{main}.4", middle, isExpanded ? middle : 1, 3);
            Convolution($"{main}.5", $"{main}.6", total - input, middle, 1);
            if (isDownsampling)
            {
                Convolution($"{projection}.0", $"{projection}.1", input, isExpanded ? input : 1, 3);
                Convolution($"{projection}.2", $"{projection}.3", input, input, 1);
            }
        }

        void Convolution(string name, string norm, int outputs, int inputs, int kernel)
        {
            tensors.Add($"{name}.weight", TestTensors.Random(random, new Shape(outputs, inputs, kernel, kernel)));
            tensors.Add($"{norm}.weight", TestTensors.Random(random, new Shape(outputs), 0.5f, 1.5f));
            tensors.Add($"{norm}.bias", TestTensors.Random(random, new Shape(outputs)));
            tensors.Add($"{norm}.running_mean", TestTensors.Random(random, new Shape(outputs)));
            tensors.Add($"{norm}.running_var", TestTensors.Random(random, new Shape(outputs), 0.5f, 1.5f));
            tensors.Add($"{norm}.num_batches_tracked", Tensor.FromBytes(ElementType.Int64, new Shape(), new byte[8]));
        }
    }
}
