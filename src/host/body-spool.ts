// Where a message lies between its arrival and its delivery: in memory while small, else in a file of the spool directory.
//
// Bounded twice: octets in memory a message, and octets in memory of all messages of the process; what exceeds either goes to
// the file, written asynchronously with back-pressure (the reader of the socket waits for write()). The file is not synced:
// nothing was acknowledged yet. Whoever holds a BodySpool ends it with finish() or discard(); whoever holds the
// MessageBody ends it with release(). Files of a process that died are removed by removeSpoolLeftovers().

import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import type { MessageBody } from '../base/message-body.ts';
import { Transient } from '../base/outcome.ts';

export interface SpoolLimits {
  /** Octets of one message kept in memory. */
  readonly memoryBytes: number;
  /** Octets of all messages of this process kept in memory. */
  readonly totalMemoryBytes: number;
}

/** Octets gathered before one write to the file, and the largest chunk that comes back. */
const batchBytes = 262_144;
const prefix = 'spool-';

/** The spool directory of one process and its memory account. */
export class SpoolArea {
  readonly directory: string;
  readonly limits: () => SpoolLimits;
  /** Octets held in memory now. */
  memoryInUse = 0;

  constructor(directory: string, limits: () => SpoolLimits) {
    this.directory = directory;
    this.limits = limits;
  }

  /** A new, empty spool; `id` must be unique in this process and fit into a file name. */
  create(id: string): BodySpool {
    return new BodySpool(this, join(this.directory, `${prefix}${pid}-${id}`));
  }
}

/** Creates the directory when absent and removes spool files: those of one dead process, or all before the server starts. */
export async function removeSpoolLeftovers(directory: string, ofProcess?: number): Promise<number> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const start = ofProcess === undefined ? prefix : `${prefix}${ofProcess}-`;
  const names = (await readdir(directory)).filter((name) => name.startsWith(start));
  for (const name of names) await removeFile(join(directory, name));
  return names.length;
}

/** A message while it arrives. */
export class BodySpool {
  readonly #area: SpoolArea;
  readonly #path: string;
  #file: FileHandle | undefined;
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #sizeBytes = 0;

  constructor(area: SpoolArea, path: string) {
    this.#area = area;
    this.#path = path;
  }

  /** Octets written so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Takes over the octets (the caller must not change them). Returns a promise only when the caller has to wait; rejects with
   * Transient('host.spool') when the file cannot be written.
   */
  write(octets: Uint8Array): Promise<void> | undefined {
    if (octets.length === 0) return undefined;
    // A small view would keep its whole 64 KiB read buffer alive.
    const kept = octets.length * 2 < octets.buffer.byteLength ? new Uint8Array(octets) : octets;
    this.#chunks.push(kept);
    this.#chunkBytes += kept.length;
    this.#sizeBytes += kept.length;
    this.#area.memoryInUse += kept.length;
    return this.#mayStayInMemory() ? undefined : this.#spill();
  }

  #mayStayInMemory(): boolean {
    if (this.#file !== undefined) return this.#chunkBytes < batchBytes;
    const limits = this.#area.limits();
    return this.#chunkBytes <= limits.memoryBytes && this.#area.memoryInUse <= limits.totalMemoryBytes;
  }

  async #spill(): Promise<void> {
    const batch = this.#takeChunks();
    try {
      this.#file ??= await open(this.#path, 'wx', 0o600);
      let at = 0;
      while (at < batch.length) at += (await this.#file.write(batch, at)).bytesWritten;
    } catch (cause) {
      throw new Transient('host.spool', 'cannot write the spool file', { cause });
    }
  }

  #takeChunks(): Uint8Array {
    const batch = this.#chunks.length === 1 ? (this.#chunks[0] as Uint8Array) : Buffer.concat(this.#chunks);
    this.#forgetChunks();
    return batch;
  }

  #forgetChunks(): void {
    this.#area.memoryInUse -= this.#chunkBytes;
    this.#chunks = [];
    this.#chunkBytes = 0;
  }

  /** The finished message; the spool must not be used any more. */
  async finish(): Promise<MessageBody> {
    if (this.#file === undefined) {
      const body = new MemoryBody(this.#area, this.#chunks, this.#chunkBytes);
      // The body accounts for the memory from now on.
      this.#chunks = [];
      this.#chunkBytes = 0;
      return body;
    }
    try {
      if (this.#chunkBytes > 0) await this.#spill();
      await this.#file.close();
      this.#file = undefined;
    } catch (cause) {
      await this.discard();
      throw cause instanceof Transient
        ? cause
        : new Transient('host.spool', 'cannot write the spool file', { cause });
    }
    return new FileBody(this.#path, this.#sizeBytes);
  }

  /** Drops everything; harmless when called again and after finish(). */
  async discard(): Promise<void> {
    this.#forgetChunks();
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    await file.close().catch(() => {});
    await removeFile(this.#path);
  }
}

class MemoryBody implements MessageBody {
  readonly sizeBytes: number;
  readonly path = undefined;
  memory: readonly Uint8Array[];
  readonly #area: SpoolArea;
  #held: number;

  constructor(area: SpoolArea, memory: readonly Uint8Array[], sizeBytes: number) {
    this.#area = area;
    this.memory = memory;
    this.sizeBytes = sizeBytes;
    this.#held = sizeBytes;
  }

  async *chunks(): AsyncIterable<Uint8Array> {
    for (const chunk of this.memory) {
      for (let at = 0; at < chunk.length; at += batchBytes) yield chunk.subarray(at, at + batchBytes);
    }
  }

  async release(): Promise<void> {
    this.#area.memoryInUse -= this.#held;
    this.#held = 0;
    this.memory = [];
  }
}

class FileBody implements MessageBody {
  readonly sizeBytes: number;
  readonly memory = undefined;
  readonly path: string;

  constructor(path: string, sizeBytes: number) {
    this.path = path;
    this.sizeBytes = sizeBytes;
  }

  chunks(): AsyncIterable<Uint8Array> {
    return createReadStream(this.path, { highWaterMark: batchBytes });
  }

  release(): Promise<void> {
    return removeFile(this.path);
  }
}

/** Removes a file that may be gone already. What cannot be removed now is a leftover for the next start. */
async function removeFile(path: string): Promise<void> {
  await unlink(path).catch(() => {});
}
