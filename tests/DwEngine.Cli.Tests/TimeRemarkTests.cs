using DwEngine.Cli.Commands;
using DwEngine.Decomposition;
using DwEngine.Graphs;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>What <c>dw decompose</c> says of a network whose time is not what its user expects.</summary>
public class TimeRemarkTests
{
    [Theory]
    // Wanted speedup, whether time counts, how many times fewer multiply-adds and as fast; and what is said.
    [InlineData(2.0, true, 2.3, 1.98, "the target of 2 is missed in time")]
    [InlineData(2.0, true, 2.9, 2.56, "2.56 times as fast, where 2 was asked for")]
    [InlineData(2.0, true, 2.3, 2.05, null)]
    [InlineData(1.0, true, 1.0, 1.2, null)]
    [InlineData(1.4, false, 1.4, 1.03, "1.40 times fewer multiply-adds, but is only 1.03 times as fast")]
    [InlineData(2.0, false, 2.0, 1.7, null)]
    [InlineData(null, true, 3.3, 1.0, "is only 1.00 times as fast")]
    [InlineData(null, true, 1.0, 1.0, null)]
    public void It_tells_of_too_little_and_of_too_much(double? speedup, bool isTimed, double cheaper, double faster, string? expected)
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 1, 1, 1));
        var made = new NetworkDecomposition(x.Builder.Build(x.Relu()), [])
        {
            MultiplyAddsBefore = (long)(1000 * cheaper),
            MultiplyAddsAfter = 1000,
            ParametersBefore = 0,
            ParametersAfter = 0,
        };
        string? remark = DecomposeCommand.TimeRemark(new() { TargetSpeedup = speedup, Measure = isTimed }, made, faster);
        if (expected is null)
        {
            Assert.Null(remark);
        }
        else
        {
            Assert.Contains(expected, remark, StringComparison.Ordinal);
        }
    }
}
