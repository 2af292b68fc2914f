using System.CommandLine;
using DwEngine;
using DwEngine.DecompositionExperiments;

// The experiments of docs/decomposition.md. Tables are printed as Markdown.
var root = new RootCommand("Prints the tables of docs/decomposition.md.");
root.Add(RandomDataCommand.Create());
root.Add(NetworkCommand.Create());
root.Add(AnswerCommand.Create());
try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception error) when (error is DwEngineException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
