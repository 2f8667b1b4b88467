// Entry of every process: a worker of a running server, or the command line.

if (process.argv[2] === 'worker' && process.send !== undefined) {
  const { runWorker } = await import('./app/worker.ts');
  runWorker();
} else {
  const { runCommandLine } = await import('./app/cli.ts');
  process.exitCode = await runCommandLine(process.argv.slice(2));
}
