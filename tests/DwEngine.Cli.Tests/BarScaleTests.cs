using DwEngine.Cli.Reports;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Cli.Tests;

public sealed class BarScaleTests
{
    [Theory]
    [InlineData(1.15 * 0.9, 19.05, 0.9)]
    [InlineData(1.15 * 0.9, 0.5, 0.9, 19.05, 0.7, 0.9)]
    [InlineData(1.15 * 2, 1000.0, 19.05, 2.0, 0.5, 0.4, 0.3)]
    [InlineData(1.15 * 0.9, double.PositiveInfinity, 0.9, 0.8)]
    [InlineData(double.PositiveInfinity, 4.9, 1.0, 1.0, 1.0)]
    [InlineData(double.PositiveInfinity, 19.05)]
    [InlineData(double.PositiveInfinity, 19.05, 0.0, 0.0)]
    [InlineData(double.PositiveInfinity, 19.05, 19.0, 18.0, 0.1)]
    [InlineData(double.PositiveInfinity, double.NaN, 3.0)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.PositiveInfinity)]
    public void Bars_end_a_little_above_the_largest_value_that_is_not_far_above_the_others(double expected, params double[] values) =>
        Assert.Equal(expected, new BarScale(values).CutOff, 1e-12);

    [Property]
    public void Few_bars_are_cut_off_and_the_others_are_seen(PositiveInt[] seeds)
    {
        // Over many orders of magnitude.
        double[] values = [.. seeds.Select(seed => Math.Pow(1.5, seed.Get % 40))];
        var scale = new BarScale(values);

        Assert.InRange(values.Count(scale.Cuts), 0, (values.Length + 3) / 4);
        Assert.All(values.Where(value => !scale.Cuts(value)), value => Assert.Equal(value, scale.LengthOf(value)));
        if (values.Length > 1)
        {
            double axis = values.Max(scale.LengthOf), quarter = values.OrderDescending().ElementAt((values.Length + 3) / 4);
            Assert.InRange(quarter / axis, 1 / (5 * 1.15) - 1e-9, 1);
            Assert.All(values.Where(scale.Cuts), value => Assert.Equal(axis, scale.LengthOf(value)));
        }
    }
}
