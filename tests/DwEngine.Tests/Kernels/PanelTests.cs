using DwEngine.Kernels.Convolutions;
using Xunit;

namespace DwEngine.Tests.Kernels;

public class PanelTests
{
    [Fact]
    public void Panels_cover_every_output_channel_once_and_in_order()
    {
        for (int rows = 1; rows <= 300; rows++)
        {
            AssertCovered(rows, Panel.Cut(rows));
            AssertCovered(rows, Panel.CutEvenly(rows));
        }

        static void AssertCovered(int rows, IEnumerable<Panel> panels)
        {
            int next = 0;
            foreach (Panel panel in panels)
            {
                Assert.Equal(next, panel.FirstRow);
                Assert.InRange(panel.RowCount, 1, panel.Height);
                next += panel.RowCount;
            }

            Assert.Equal(rows, next);
        }
    }

    [Fact]
    public void Panels_that_are_cut_evenly_give_two_workers_the_same()
    {
        for (int rows = 16; rows <= 320; rows += 8)
        {
            Panel[] panels = [.. Panel.CutEvenly(rows)];
            Assert.Equal(rows, panels.Sum(panel => panel.Height));
            Assert.Equal(rows, 2 * panels[..(panels.Length / 2)].Sum(panel => panel.Height));
        }
    }

    [Theory]
    [InlineData(24)]
    [InlineData(48)]
    [InlineData(58)]
    [InlineData(96)]
    [InlineData(116)]
    [InlineData(192)]
    [InlineData(232)]
    [InlineData(464)]
    [InlineData(1024)]
    public void The_networks_channels_need_no_padding(int rows) =>
        Assert.Equal(rows, Panel.Cut(rows).Sum(panel => panel.Height));
}
