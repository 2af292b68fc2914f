using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Tests;

public class ShapeTests
{
    [Fact]
    public void Overflowing_element_count_is_a_shape_exception() =>
        Assert.Throws<ShapeException>(() => new Shape(int.MaxValue, int.MaxValue, int.MaxValue));

    [Fact]
    public void Negative_dimension_is_a_shape_exception() => Assert.Throws<ShapeException>(() => new Shape(1, -3));

    [Fact]
    public void Default_shape_is_a_scalar()
    {
        Assert.Equal(1, default(Shape).ElementCount);
        Assert.Equal(new Shape(), default);
    }

    [Fact]
    public void Equal_dimensions_make_equal_shapes()
    {
        Assert.Equal(new Shape(1, 3, 224, 224), new Shape(1, 3, 8, 224).With(2, 224));
        Assert.Equal("1x3x224x224", new Shape(1, 3, 224, 224).ToString());
    }
}
