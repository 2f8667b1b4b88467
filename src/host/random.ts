// Cryptographic randomness from the operating system, drawn in blocks so that an id costs no system call.

import { randomFillSync } from 'node:crypto';
import type { Random } from '../base/clock.ts';

const pool = Buffer.alloc(4096);
let used = pool.length;

/** Unpredictable bytes; safe for ids and nonces. Each byte is handed out once. */
export const systemRandom: Random = {
  bytes(count) {
    if (count > pool.length) return randomFillSync(Buffer.alloc(count));
    if (used + count > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const taken = Uint8Array.prototype.slice.call(pool, used, used + count);
    used += count;
    return taken;
  },
};
