using System.Reflection;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace DwEngine.Cli.Tests.Architecture;

/// <summary>A type of one namespace that uses a type of another.</summary>
/// <param name="User">The full name of the type that uses it.</param>
/// <param name="From">The namespace of the user.</param>
/// <param name="Used">The full name of the type that is used.</param>
/// <param name="To">The namespace of what is used.</param>
internal sealed record TypeUse(string User, string From, string Used, string To);

/// <summary>Reads from a compiled assembly which types its types use: in signatures, constraints, attributes and instructions.</summary>
internal static class TypeUses
{
    /// <summary>The uses of types from one namespace to another, all of them below the same root.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="root">The namespace that all are in or below.</param>
    public static IReadOnlyList<TypeUse> Of(Assembly assembly, string root)
    {
        using var module = ModuleDefinition.ReadModule(assembly.Location);
        return
        [
            .. from type in module.GetTypes()
               let user = Outermost(type)
               where IsWithin(user.Namespace, root)
               from used in Used(type).SelectMany(Parts).Select(Outermost)
               where IsWithin(used.Namespace, root) && used.Namespace != user.Namespace
               select new TypeUse(user.FullName, user.Namespace, used.FullName, used.Namespace) into use
               group use by use into uses
               select uses.Key,
        ];
    }

    public static bool IsWithin(string name, string root) => name == root || name.StartsWith(root + '.', StringComparison.Ordinal);

    private static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    // A generic type is used with its arguments, a pointer or an array with its element.
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericParameter => [],
        GenericInstanceType instance => [instance.ElementType, .. instance.GenericArguments.SelectMany(Parts)],
        FunctionPointerType pointer => [pointer.ReturnType, .. pointer.Parameters.Select(parameter => parameter.ParameterType)],
        IModifierType modified => [.. Parts(modified.ElementType), .. Parts(modified.ModifierType)],
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };

    private static IEnumerable<TypeReference> Used(TypeDefinition type) =>
    [
        .. type.BaseType is null ? [] : new[] { type.BaseType },
        .. type.Interfaces.Select(part => part.InterfaceType),
        .. Constraints(type),
        .. Attributes(type),
        .. type.Fields.SelectMany(field => Attributes(field).Prepend(field.FieldType)),
        .. type.Properties.SelectMany(Attributes),
        .. type.Methods.SelectMany(Used),
    ];

    private static IEnumerable<TypeReference> Used(MethodDefinition method)
    {
        List<TypeReference> used = [.. Signature(method), .. Constraints(method), .. Attributes(method)];
        if (method.HasBody)
        {
            used.AddRange(method.Body.Variables.Select(variable => variable.VariableType));
            used.AddRange(method.Body.ExceptionHandlers.Select(handler => handler.CatchType).OfType<TypeReference>());
            used.AddRange(method.Body.Instructions.SelectMany(Operand));
        }

        return used;
    }

    private static IEnumerable<TypeReference> Operand(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod method => [method.DeclaringType, .. method.GenericArguments, .. Signature(method.ElementMethod)],
        MethodReference method => [method.DeclaringType, .. Signature(method)],
        _ => [],
    };

    private static IEnumerable<TypeReference> Signature(MethodReference method) =>
        method.Parameters.Select(parameter => parameter.ParameterType).Prepend(method.ReturnType);

    private static IEnumerable<TypeReference> Constraints(IGenericParameterProvider provider) =>
        provider.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType);

    private static IEnumerable<TypeReference> Attributes(Mono.Cecil.ICustomAttributeProvider provider) =>
        provider.CustomAttributes.Select(attribute => attribute.AttributeType);
}
