using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Onnx.Conformance;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw conform</c>: ONNX's own tests.</summary>
internal sealed class ConformCommand() : CliCommand(
    "conform",
    "Run ONNX's own tests: folders with model.onnx and test_data_set_N of input_N.pb and output_N.pb.",
    "dw conform onnx/backend/test/data/node")
{
    private readonly ExecutionOptions _execution = ExecutionOptions.ForOneRun();

    private readonly Argument<string[]> _folders = new("DIR")
    {
        Description = "Folders of tests, or single tests.",
        Arity = ArgumentArity.OneOrMore,
    };

    protected override void Define(Command command)
    {
        command.Add(_folders);
        _execution.AddTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        var tests = new List<string>();
        foreach (string folder in invocation.Parse.GetRequiredValue(_folders))
        {
            if (!Directory.Exists(folder))
            {
                throw new CommandException($"{folder}: is no folder; expected one with tests.");
            }

            int before = tests.Count;
            tests.AddRange(ConformanceTest.Find(folder));
            if (tests.Count == before)
            {
                throw new CommandException($"{folder}: holds no test; expected folders with a file model.onnx.");
            }
        }

        var results = new List<ConformanceResult>();
        foreach (string test in tests)
        {
            invocation.Cancellation.ThrowIfCancellationRequested();
            results.Add(ConformanceTest.Run(test, _execution.ForSession(invocation.Parse, null)));
        }

        return new Report(results);
    }

    private sealed record Report(IReadOnlyList<ConformanceResult> Results) : IReport
    {
        public IReadOnlyList<Exception> Errors => Of(ConformanceOutcome.Failed).Count() is > 0 and var count
            ? [new CommandException($"{count} of {Results.Count} tests failed.")]
            : [];

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteStrings("passed", Of(ConformanceOutcome.Passed).Select(result => result.Name));
            json.WriteStrings("failed", Of(ConformanceOutcome.Failed).Select(result => result.Name));
            json.WriteStrings("unsupported", Of(ConformanceOutcome.Unsupported).Select(result => result.Name));
            json.WriteStartObject("reasons");
            foreach (ConformanceResult result in Results.Where(result => result.Reason.Length > 0))
            {
                json.WriteString(result.Name, result.Reason);
            }

            json.WriteEndObject();
        }

        public void WriteText(IAnsiConsole console)
        {
            foreach (ConformanceResult result in Results.Where(result => result.Outcome != ConformanceOutcome.Passed))
            {
                string outcome = result.Outcome == ConformanceOutcome.Failed ? "failed" : "unsupported";
                console.WriteLine($"{outcome}: {result.Name}: {result.Reason}");
            }

            console.WriteLine(
                $"{Of(ConformanceOutcome.Passed).Count()} of {Results.Count} tests passed, {Of(ConformanceOutcome.Failed).Count()} failed, "
                + $"{Of(ConformanceOutcome.Unsupported).Count()} unsupported.");
        }

        private IEnumerable<ConformanceResult> Of(ConformanceOutcome outcome) => Results.Where(result => result.Outcome == outcome);
    }
}
