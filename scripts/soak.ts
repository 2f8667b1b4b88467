// npm run soak [-- NAME] [--seeds A-B] [--steps N] [--messages N]: the tests that find what a minute does not show, for as long as
// their numbers say. Without a name all of them run.
//
//   linear   linearizability of IMAP, seeds A-B of N commands (20 seeds of 10,000)
//   mbsync   two-way mbsync of N messages (100,000)
//   crash    kill -9 under load, 600 times

import { parseArgs } from 'node:util';
import { ensurePackages } from './peer-packages.ts';
import { runStep, stepFailures } from './steps.ts';

const { values, positionals } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1-20' },
    steps: { type: 'string', default: '10000' },
    messages: { type: 'string', default: '100000' },
  },
  allowPositionals: true,
});

const soaks: Readonly<
  Record<string, { readonly file: string; readonly env: Readonly<Record<string, string>> }>
> = {
  linear: {
    file: 'test/imap/linearizability.test.ts',
    env: { TEGU_LINEAR_SEEDS: values.seeds, TEGU_LINEAR_STEPS: values.steps },
  },
  mbsync: { file: 'test/clients/mbsync-large.test.ts', env: { TEGU_MBSYNC_MESSAGES: values.messages } },
  crash: { file: 'test/crash/kill.test.ts', env: { TEGU_CRASH_KILLS: '600' } },
};

const names = positionals.length > 0 ? positionals : Object.keys(soaks);
const unknown = names.filter((name) => soaks[name] === undefined);
if (unknown.length > 0) {
  console.error(
    `usage: npm run soak [-- NAME] [--seeds A-B] [--steps N] [--messages N]\nnames: ${Object.keys(soaks).join(', ')}`,
  );
  process.exit(2);
}
const missing = ensurePackages();
if (missing !== '') {
  console.error(missing);
  process.exit(1);
}
for (const name of names) {
  const { file, env } = soaks[name]!;
  await runStep(name, [process.execPath, '--test', '--test-reporter=spec', file], { env, tail: 40 });
}
process.exitCode = stepFailures() === 0 ? 0 : 1;
