using DwEngine.Cli;
using DwEngine.Cli.Output;

using CommandContext context = CommandContext.ForProcess();
return await DwCommandLine.RunAsync(args, context);
