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
            int next = 0;
            foreach (Panel panel in Panel.Cut(rows))
            {
                Assert.Equal(next, panel.FirstRow);
                Assert.InRange(panel.RowCount, 1, panel.Height);
                next += panel.RowCount;
            }

            Assert.Equal(rows, next);
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
