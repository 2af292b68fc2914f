using Xunit;

namespace DwEngine.Decomposition.Tests;

/// <summary>Which networks there are to choose from.</summary>
public class NetworkFrontierTests
{
    [Fact]
    public void Of_networks_that_cost_the_same_the_nearest_is_left_and_of_equals_one()
    {
        (double Cost, double Error)[] networks = [(2, 5), (1, 9), (2, 4), (3, 4), (4, 1), (4, 1), (5, 3)];
        Assert.Equal([(1, 9), (2, 4), (4, 1)], NetworkFrontier.Unbeaten(networks, point => point.Cost, point => point.Error));
        Assert.Empty(NetworkFrontier.Unbeaten(Array.Empty<double>(), x => x, x => x));
    }

    [Fact]
    public void A_network_is_left_out_exactly_if_another_is_as_cheap_and_as_near()
    {
        var random = new Random(3);
        for (int turn = 0; turn < 200; turn++)
        {
            // A permutation on either axis: no two are equal.
            double[] errors = [.. Enumerable.Range(0, random.Next(1, 12)).OrderBy(_ => random.Next()).Select(error => (double)error)];
            int[] all = [.. Enumerable.Range(0, errors.Length)];
            int[] expected = [.. all.Where(i => !all.Any(other => other < i && errors[other] < errors[i]))];
            Assert.Equal(expected, NetworkFrontier.Unbeaten(all.OrderBy(_ => random.Next()), i => i, i => errors[i]));
        }
    }
}
