using DwEngine.Cli;

using CommandContext context = CommandContext.ForProcess();
return await DwCommandLine.RunAsync(args, context);
