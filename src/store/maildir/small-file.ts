// Small text files beside the mail (keywords, subscriptions, UIDVALIDITY counter, quota): read bounded, replaced durably.

import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { deliverFile } from '../../native/file-io.ts';
import { isMissing } from './failures.ts';

/** Nothing of this kind is larger in practice; a larger file is read up to here. */
export const maxSmallFileBytes = 1_048_576;

/** Content and identity of a small file. */
export interface SmallFile {
  readonly octets: Buffer;
  /** Changes when the file is replaced or rewritten. */
  readonly stamp: string;
}

/** Reads a small file; undefined when there is none. */
export async function readSmallFile(path: string): Promise<SmallFile | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const { ino, size, mtimeNs } = await file.stat({ bigint: true });
    const buffer = Buffer.alloc(Math.min(Number(size), maxSmallFileBytes));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { octets: buffer.subarray(0, length), stamp: `${ino}:${size}:${mtimeNs}` };
  } finally {
    await file.close();
  }
}

/** Replaces `path` as a whole; durable when it resolves. `tmpDirectory`: a Maildir tmp/ on the same file system. */
export async function replaceSmallFile(path: string, text: string, tmpDirectory: string): Promise<void> {
  const tmpPath = join(tmpDirectory, `tegu.${process.pid}.${randomBytes(8).toString('hex')}`);
  await deliverFile({ tmpPath, finalPath: path, replace: true, buffers: [Buffer.from(text)] });
}
