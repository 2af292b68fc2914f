using DwEngine.Compare;

// The children that measure starting times, idle sessions and paced frames come here too, and must not pay for a command line that they
// don't need.
return ChildProcess.IsChild(args) ? ChildProcess.Serve(args)
    : IdleProcess.IsChild(args) ? IdleProcess.Serve(args)
    : PacedProcess.IsChild(args) ? PacedProcess.Serve(args)
    : CompareCommand.Run(args, Console.Error);
