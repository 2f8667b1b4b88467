// Runs the steps of `npm run check` and `npm test`: one line when a step passes, its whole output when it fails.

import { spawn } from 'node:child_process';
import { root } from './checks/source-files.ts';

let failures = 0;
let passes = 0;

/** Steps that failed so far. */
export const stepFailures = (): number => failures;
/** Steps that passed so far. */
export const stepPasses = (): number => passes;

/** Records a step that ran in this process. */
export function recordStep(name: string, startedMs: number, output: string): void {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (output === '') {
    passes += 1;
    console.log(`ok      ${name} (${seconds} s)`);
  } else {
    failures += 1;
    console.log(`FAILED  ${name} (${seconds} s)\n${output}`);
  }
}

export interface StepOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Show the last lines also when the step passes. */
  readonly tail?: number;
  readonly timeoutMs?: number;
}

/** Runs a command in the repository; true when it exited with 0. */
export async function runStep(
  name: string,
  command: readonly string[],
  options: StepOptions = {},
): Promise<boolean> {
  const startedMs = performance.now();
  const output: string[] = [];
  const [file = '', ...args] = command;
  const code = await new Promise<number | string>((resolve) => {
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.timeoutMs === undefined
        ? {}
        : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
    });
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    child.on('error', (error) => resolve(error.message));
    child.on('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
  });
  const text = output.join('');
  recordStep(name, startedMs, code === 0 ? '' : `${text}\n${name}: ended with ${code}`);
  if (code === 0 && options.tail !== undefined)
    console.log(text.trimEnd().split('\n').slice(-options.tail).join('\n'));
  return code === 0;
}
