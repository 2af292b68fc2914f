using DwEngine.Graphs;
using DwEngine.Passes;
using Xunit;
using static DwEngine.Tests.Passes.PlanComparison;

namespace DwEngine.Tests.Passes;

/// <summary>Activations that exporters write as several nodes.</summary>
public class ActivationPatternTests
{
    private static readonly Dictionary<string, string> s_kernels = new()
    {
        ["HardSwish"] = "hard-swish",
        ["HardSigmoid"] = "hard-sigmoid",
        ["GeluTanh"] = "gelu-tanh",
        ["LeakyRelu"] = "leaky-relu",
    };

    private static readonly Dictionary<string, Func<ValueHandle, ValueHandle>[]> s_forms = new()
    {
        ["HardSwish"] =
        [
            x => x.Multiply(x.HardSigmoid(1.0 / 6)),
            x => x.HardSigmoid(0.16666667).Multiply(x),
            x => x.Multiply(x.Add(x.Number(3)).Relu6()).Divide(x.Number(6)),
            x => x.Multiply(x.Number(3).Add(x).Clip(0, 6)).Multiply(x.Number(1.0 / 6)),
            x => x.Add(x.Number(3)).Clip(0, 6).Divide(x.Number(6)).Multiply(x),
            x => x.Multiply(x.Number(1.0 / 6)).Multiply(x.Add(x.Number(3)).Clip(0, 6)),
            x => x.Multiply(x.Number(0.5).Multiply(x.Add(x.Number(3)).Clip(0, 6))).Divide(x.Number(3)),
            x => x.Multiply(x.Add(x.Number(3)).Maximum(x.Number(0)).Minimum(x.Number(6))).Divide(x.Number(6)),
            x => x.Multiply(x.Number(6).Minimum(x.Number(0).Maximum(x.Add(x.Number(3))))).Divide(x.Number(6, 1, 1)),
        ],
        ["HardSigmoid"] =
        [
            x => x.Add(x.Number(3)).Relu6().Divide(x.Number(6)),
            x => x.Number(1.0 / 6).Multiply(x.Number(3).Add(x).Clip(0, 6)),
        ],
        ["Silu"] = [x => x.Multiply(x.Sigmoid()), x => x.Sigmoid().Multiply(x)],
        ["Gelu"] =
        [
            x => x.Multiply(x.Number(0.5)).Multiply(x.Divide(x.Number(Math.Sqrt(2))).Erf().Add(x.Number(1))),
            x => x.Multiply(x.Divide(x.Number(1.4142)).Erf().Add(x.Number(1))).Multiply(x.Number(0.5)),
            x => x.Number(1).Add(x.Multiply(x.Number(Math.Sqrt(0.5))).Erf()).Multiply(x.Number(0.5)).Multiply(x),
            x => x.Divide(x.Number(2)).Multiply(x.Number(1).Add(x.Number(Math.Sqrt(0.5)).Multiply(x).Erf())),
        ],
        ["GeluTanh"] =
        [
            x => x.Multiply(x.Number(0.5)).Multiply(Wave(x, x.Add(x.Power(x.Number(3)).Multiply(x.Number(0.044715))))),
            x => x.Multiply(Wave(x, x.Number(0.044715).Multiply(x.Multiply(x).Multiply(x)).Add(x))).Multiply(x.Number(0.5)),
            x => x.Number(0.5).Multiply(x.Multiply(Wave(x, x.Multiply(x.Number(1).Add(x.Multiply(x).Multiply(x.Number(0.044715))))))),
            x => x.Number(0.5).Multiply(x).Multiply(Wave(x, x.Add(x.Multiply(x.Number(0.044715)).Multiply(x).Multiply(x)))),
        ],
        ["Mish"] = [x => x.Multiply(x.Softplus().Tanh()), x => x.Softplus().Tanh().Multiply(x)],
        ["Clip"] =
        [
            x => x.Maximum(x.Number(-1)).Minimum(x.Number(2)),
            x => x.Number(2).Minimum(x.Number(-1).Maximum(x)),
            x => x.Maximum(x.Number(-1, 1)).Clip(max: 2),
        ],
        ["LeakyRelu"] =
        [
            x => x.Maximum(x.Multiply(x.Number(0.1))),
            x => x.Number(0.1).Multiply(x).Maximum(x),
            x => x.PRelu(x.Number(0.1)),
            x => x.PRelu(x.Number(-2, 1, 1)),
        ],
    };

    public static TheoryData<string, int> Forms { get; } = new(
        from pair in s_forms
        from form in Enumerable.Range(0, pair.Value.Length)
        select (pair.Key, form));

    [Theory]
    [MemberData(nameof(Forms))]
    public void Each_form_becomes_one_layer(string function, int form)
    {
        Func<ValueHandle, ValueHandle> write = s_forms[function][form];
        Graph changed = Check(
            new RecognizeActivations(), write, KernelsOf(Build(write)), s_kernels.GetValueOrDefault(function, function.ToLowerInvariant()));
        Assert.Equal(function, Assert.Single(changed.Nodes).Layer.Kind);
    }

    [Theory]
    [InlineData("HardSwish", "pointwise add relu6 mul div")]
    [InlineData("LeakyRelu", "pointwise mul max")]
    public void They_end_in_the_epilogue(string function, string before)
    {
        int form = function == "HardSwish" ? 2 : 0;
        Check(new WholePipeline(), x => s_forms[function][form](x.Convolve()), before, "pointwise");
    }

    [Fact]
    public void What_only_looks_alike_stays()
    {
        var pass = new RecognizeActivations();
        Stays(pass, x => x.Multiply(x.HardSigmoid(0.2)));
        Stays(pass, x => x.Multiply(x.Abs().Sigmoid()));
        Stays(pass, x => x.Multiply(x.Add(x.Number(3)).Clip(0, 6)));
        Stays(pass, x => x.Multiply(x.Add(x.Number(3)).Clip(0, 6)).Divide(x.Number(5.9)));
        Stays(pass, x => x.Multiply(x.Add(x.Number(2)).Clip(0, 6)).Divide(x.Number(6)));
        Stays(pass, x => x.Multiply(x.Erf().Add(x.Number(1))).Multiply(x.Number(0.5)));
        Stays(pass, x => x.Multiply(x.Divide(x.Number(Math.Sqrt(2))).Erf().Add(x.Number(1))));
        Stays(pass, x => x.Number(0.5).Multiply(x.Multiply(Wave(x, x.Add(x.Power(x.Number(2)).Multiply(x.Number(0.044715)))))));
        Stays(pass, x => x.Maximum(x.Multiply(x.Number(1.5))));
        Stays(pass, x => x.Maximum(x.Abs().Multiply(x.Number(0.5))));
        Stays(pass, x => x.Maximum(x.Numbers(1, 6, 1, 1)));
        Stays(pass, x => x.Maximum(x.Number(float.NaN)));
        // The number adds an axis.
        Stays(pass, x => x.Maximum(x.Number(0, 1, 1, 1, 1, 1)));
        Stays(pass, x => x.Convolve().Multiply(x.Sigmoid()));
    }

    private static ValueHandle Wave(ValueHandle x, ValueHandle cubic) =>
        cubic.Multiply(x.Number(Math.Sqrt(2 / Math.PI))).Tanh().Add(x.Number(1));
}
