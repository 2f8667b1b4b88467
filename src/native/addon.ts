// Loads the one native addon. Looks at prebuilds/<platform>-<arch>/tegu.node before the local build.
// The only file that requires the .node file; every other file in src/native/ is a typed façade over `addon`.

import { createRequire } from 'node:module';
import { arch, platform } from 'node:process';

const require = createRequire(import.meta.url);

function load(): Record<string, unknown> {
  const places = [`../../prebuilds/${platform}-${arch}/tegu.node`, '../../build/Release/tegu.node'];
  const failures: string[] = [];
  for (const place of places) {
    try {
      return require(place) as Record<string, unknown>;
    } catch (error) {
      failures.push(`${place}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new Error(`cannot load the native addon; run "npm run build". Tried:\n${failures.join('\n')}`);
}

/** Raw exports of the addon; the façades give them types. */
export const addon = load();
