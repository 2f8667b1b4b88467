// Tries out the place of a Maildir store: creates its directory, writes a file the way a delivery does, reads it back,
// removes it, and looks at the free space. What it made it removes, except the directory itself.

import { randomUUID } from 'node:crypto';
import { chown, mkdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deliverFile, ioBackend, readRange, unlinkMany } from '../native/file-io.ts';

export type StoreCheck =
  | {
      readonly ok: true;
      readonly backend: string;
      /** Time from create to the synced directory. */
      readonly durableWriteMs: number;
      readonly freeBytes: number;
      /** Free inodes; mail is many files. */
      readonly freeFiles: number;
    }
  | { readonly ok: false; readonly problem: string };

/** Never rejects: what is wrong is the answer. */
export async function checkMaildirPlace(path: string): Promise<StoreCheck> {
  try {
    await makeDirectory(path);
    const name = `.tegu-check-${randomUUID()}`;
    const octets = Buffer.from(name.repeat(100));
    const finalPath = join(path, name);
    const startedMs = performance.now();
    await deliverFile({ tmpPath: `${finalPath}.tmp`, finalPath, buffers: [octets] });
    const durableWriteMs = performance.now() - startedMs;
    const read = await readRange(finalPath, 0, octets.length + 1);
    await unlinkMany([finalPath], [path]);
    if (!octets.equals(read)) return { ok: false, problem: `${path}: what was written is not what is read` };
    const { bavail, bsize, ffree } = await statfs(path);
    return { ok: true, backend: ioBackend(), durableWriteMs, freeBytes: bavail * bsize, freeFiles: ffree };
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
}

/** Creates the directory; one that root makes belongs to the owner of its parent, who runs the server. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined || process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(first));
  for (let made = path; made.length >= first.length; made = dirname(made)) await chown(made, uid, gid);
}
