using System.Numerics;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Integers;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// What elementwise layers do with whole numbers: an operator whose name whole numbers have, too, takes operands of one such type.
/// </summary>
internal static class WholeNumbers
{
    /// <summary>
    /// The type of a layer's operands: Float32, or one of whole numbers if the operator is one of theirs, or Bool if that can be asked for
    /// equality.
    /// </summary>
    /// <exception cref="ShapeException">The operands are of other types, or of two.</exception>
    public static ElementType RequireType(string name, ReadOnlySpan<Fact> inputs)
    {
        ElementType type = inputs[0].Type;
        IntegerOperator? operation = IntegerOperators.Find(name);
        bool fits = type == ElementType.Float32 || (type.IsInteger() && operation is not null)
            || (type == ElementType.Bool && operation == IntegerOperator.Equal);
        foreach (Fact input in inputs)
        {
            if (!fits || input.Type != type)
            {
                string types = operation is null ? "Float32" : "Float32 or integer";
                throw new ShapeException($"expected {types} inputs of one type, found {string.Join(" and ", inputs.ToArray())}.");
            }
        }

        return type;
    }

    /// <summary>The operator of whole numbers of that name, which there is.</summary>
    public static IntegerOperator OperatorOf(string name) =>
        IntegerOperators.Find(name) ?? throw new ArgumentException($"Whole numbers have no operator {name}.");

    /// <summary>Computes one result naively; of one operand, it is given twice.</summary>
    public static Tensor Reference(string name, Tensor left, Tensor right)
    {
        IntegerOperator operation = OperatorOf(name);
        Shape shape = Broadcasting.ShapeOf([Fact.Of(left), Fact.Of(right)]);
        ElementType type = operation.IsQuestion() ? ElementType.Bool : left.Type;
        byte[] output = new byte[shape.ElementCount * type.Size()];
        int[] lefts = Broadcasting.Positions(left.Shape, shape, 0), rights = Broadcasting.Positions(right.Shape, shape, 0);
        for (int i = 0; i < lefts.Length; i++)
        {
            BigInteger a = IntegerReference.Read(left.Type, left.Bytes, lefts[i]);
            BigInteger b = IntegerReference.Read(right.Type, right.Bytes, rights[i]);
            IntegerReference.Write(type, output, i, IntegerReference.Of(operation, a, b));
        }

        return Tensor.FromBytes(type, shape, output);
    }

    /// <summary>Emits the kernel of a layer of one or two operands.</summary>
    public static void Lower(string name, ILowering lowering)
    {
        IntegerOperator operation = OperatorOf(name);
        (Planes[] operands, int axes) = Broadcasting.LayOut(lowering);
        Planes output = lowering.Allocate(0, axes);
        bool repeatsLeft = operands[0].Length < output.Length, repeatsRight = operands[^1].Length < output.Length;
        var problem = new IntegerProblem(
            operation, lowering.InputFact(0).Type, output.Count, output.Length, repeatsLeft, repeatsRight);
        lowering.Emit(problem, operands, output);
    }
}
