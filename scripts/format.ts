// npm run format: Biome for TypeScript and JSON, clang-format for C++. Changes files.

import { runStep, stepFailures } from './steps.ts';

await runStep('biome', ['biome', 'check', '--write', '.']);
await runStep('clang-format', [process.execPath, 'scripts/format-native.ts']);
process.exitCode = stepFailures() === 0 ? 0 : 1;
