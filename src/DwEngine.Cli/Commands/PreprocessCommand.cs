using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw preprocess</c>: the tensor that <c>dw run</c> would feed to a network.</summary>
internal sealed class PreprocessCommand() : CliCommand(
    "preprocess",
    "Write the float32 NCHW tensor that 'dw run' would feed to a network for an image.",
    "dw preprocess photo.jpg --output photo.bin --model model.safetensors")
{
    private readonly MetadataOptions _metadata = new();
    private readonly Argument<string> _image = new("IMAGE") { Description = "JPEG or PNG file." };
    private readonly Option<string> _output = new("--output")
    {
        Description = "File to write: NumPy's if its name ends in .npy, else the float32 numbers alone.",
        HelpName = "file",
        Required = true,
    };

    private readonly Option<string?> _model = new("--model")
    {
        Description = "Weight file whose size, mean and standard deviation to use. Without one: torchvision's ImageNet values.",
        HelpName = "file",
    };

    protected override void Define(Command command)
    {
        command.Add(_image);
        command.Add(_output);
        command.Add(_model);
        _metadata.AddTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        string image = parse.GetRequiredValue(_image), output = parse.GetRequiredValue(_output);
        OutputFiles.Require(
            invocation.Context,
            [(_image.Name, image), (_model.Name, parse.GetValue(_model)), _metadata.LabelsFile(parse)],
            (_output.Name, output));
        InputDescription input = InputOf(parse);
        var preprocessing = Preprocessing.For(input.Used);
        float[] tensor = new float[preprocessing.OutputLength];
        preprocessing.Apply(ImageDecoder.Load(image), tensor);
        invocation.Cancellation.ThrowIfCancellationRequested();
        var report = new Report(output, input, preprocessing);
        TensorFile.Write(
            output, new SessionValue("input", ElementType.Float32, report.Shape), MemoryMarshal.AsBytes(tensor.AsSpan()).ToArray());
        return report;
    }

    private InputDescription InputOf(ParseResult parse)
    {
        if (parse.GetValue(_model) is { } model)
        {
            (Network network, InputDescription input) = _metadata.Load(parse, _metadata.Open(parse, model));
            Classifier.RequirePictures(model, network.Graph);
            return input;
        }

        ModelMetadata given = _metadata.Read(parse);
        // What a network with this stem would have.
        StemKind stem = ShuffleNetV2.StemOf(given) ?? StemKind.ImageNet;
        return InputDescription.Of(
            given with { Settings = ShuffleNetV2.SettingsFor(stem), InputSize = given.InputSize ?? ShuffleNetV2.UsualInputSize(stem) },
            InputSource.Options(given));
    }

    private sealed record Report(string Output, InputDescription Input, Preprocessing Preprocessing) : IReport
    {
        public Shape Shape => new(1, RgbImage.Channels, Preprocessing.CropSize, Preprocessing.CropSize);

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("output", Output);
            json.WriteShape("shape", Shape);
            json.WriteNumber("resize", Preprocessing.ResizeSize);
            json.WriteNumbers("mean", Preprocessing.Mean);
            json.WriteNumbers("std", Preprocessing.StandardDeviation);
        }

        public void WriteText(IAnsiConsole console) => console.WriteLine($"{Output}: {Shape}");
    }
}
