// Raw deflate in both directions for a connection that is compressed (RFC 4978): little memory at work, next to none at rest.
//
// Output: every batch is compressed by a compressor of its own that is primed with the plain octets sent before it, which is
// what the peer's window holds; no compressor outlives its batch. Input: octets that end in a sync flush are inflated the
// same way, primed with the last 32 KiB that came. Only input that is cut elsewhere (a long upload) needs a living inflater;
// it goes when the peer flushes twice and the octets between prove that nothing is pending. Inflated octets are pulled, so a
// small input that unfolds to gigabytes costs its reader's limits, not memory. Not deflate: Transient('host.inflate').

import { constants, createInflateRaw, deflateRawSync, type InflateRaw, inflateRawSync } from 'node:zlib';
import { Transient } from '../base/outcome.ts';

/** RFC 1951 2: how far back a stream may refer. */
const windowBytes = 32_768;
/** Most octets that are inflated on the event loop at once; about 0.2 ms. */
const atOnceBytes = 65_536;
/** Plain octets compressed by one call; about a millisecond. */
export const deflateBatchBytes = 32_768;

/** How an empty stored block ends: the last octets of a sync flush (RFC 1951 3.2.4). */
const syncMark = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** An empty final block: makes a stream that stands between two blocks a complete one. */
const finalBlock = Buffer.from([0x03, 0x00]);
const nothing: Buffer = Buffer.alloc(0);

/** Compresses what is sent. `rest` forgets what was sent before: the next batch costs no memory until then. */
export class Deflation {
  readonly #level: number;
  #history: Buffer = nothing;

  /** `level` as zlib has it, 1 (fast) to 9 (small). */
  constructor(level: number) {
    this.#level = level;
  }

  /** The batch as deflate blocks that end in a sync flush (RFC 4978 4: the peer can read all of it at once). */
  compress(plain: Buffer): Buffer {
    const reach = plain.length + this.#history.length;
    const octets = deflateRawSync(plain, {
      level: this.#level,
      // No larger than what there is to look back on: setting up a full window costs more than a short answer.
      windowBits: Math.min(15, Math.max(9, 32 - Math.clz32(reach))),
      memLevel: reach > 8192 ? 8 : 5,
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: outputChunk(plain.length),
      ...dictionary(this.#history),
    });
    this.#history = joinHistory(this.#history, plain);
    return octets;
  }

  rest(): void {
    this.#history = nothing;
  }
}

/** Inflates what comes: `push` one chunk, then `next` until it has no more. */
export class Inflation {
  #history: Buffer = nothing;
  #ready: Buffer | undefined;
  #live: LiveInflater | undefined;
  /** Octets since the last sync flush that may stand between two blocks, and the history there. */
  #since: Since | undefined;
  #endsInFlush = false;

  /** True while a living inflater is needed; for tests and measurements. */
  get isLive(): boolean {
    return this.#live !== undefined;
  }

  push(chunk: Buffer): void {
    this.#endsInFlush = chunk.length >= 4 && chunk.subarray(-4).equals(syncMark);
    if (this.#live === undefined) {
      const plain = this.#endsInFlush ? inflateWhole(chunk, this.#history) : undefined;
      if (plain !== undefined) {
        this.#remember(plain);
        this.#ready = plain;
        return;
      }
      this.#live = new LiveInflater(this.#history);
      this.#since = new Since(this.#history);
    }
    this.#since?.add(chunk);
    this.#live.push(chunk);
  }

  /** Octets that came out, at most 64 KiB; undefined when more input is needed. Throws Transient('host.inflate'). */
  async next(): Promise<Buffer | undefined> {
    if (this.#ready !== undefined) {
      const plain = this.#ready;
      this.#ready = undefined;
      return plain.length === 0 ? undefined : plain;
    }
    if (this.#live === undefined) return undefined;
    const plain = await this.#live.next();
    if (plain === undefined) {
      if (this.#endsInFlush) this.#tryToRest();
      return undefined;
    }
    this.#remember(plain);
    if (this.#since !== undefined) this.#since.plainBytes += plain.length;
    return plain;
  }

  /** Gives the memory back. */
  close(): void {
    this.#live?.close();
    this.#live = undefined;
  }

  #remember(plain: Buffer): void {
    this.#history = joinHistory(this.#history, plain);
  }

  /** The octets since the last flush are complete blocks when they inflate to exactly what the living inflater gave. */
  #tryToRest(): void {
    const since = this.#since;
    const plain = since?.octets === undefined ? undefined : inflateWhole(since.octets, since.history);
    if (plain !== undefined && plain.length === since?.plainBytes && plain.length <= windowBytes) {
      if (plain.equals(this.#history.subarray(this.#history.length - plain.length))) {
        this.close();
        this.#since = undefined;
        return;
      }
    }
    // The mark may be chance inside a block: what comes next will tell.
    this.#since = new Since(this.#history);
  }
}

/** What was received since a possible block boundary, as long as it is little. */
class Since {
  readonly history: Buffer;
  plainBytes = 0;
  #chunks: Buffer[] | undefined = [];
  #bytes = 0;

  constructor(history: Buffer) {
    this.history = history;
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > windowBytes) this.#chunks = undefined;
    else this.#chunks?.push(chunk);
  }

  /** Undefined when there were too many. */
  get octets(): Buffer | undefined {
    return this.#chunks === undefined ? undefined : Buffer.concat(this.#chunks);
  }
}

/** zlib's inflater, pulled; at most one chunk of output waits in it. */
class LiveInflater {
  readonly #stream: InflateRaw;
  #isWriting = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(history: Buffer) {
    this.#stream = createInflateRaw({ flush: constants.Z_SYNC_FLUSH, ...dictionary(history) });
    this.#stream.on('readable', () => this.#wake?.());
    this.#stream.on('error', (error) => this.#fail(error));
    // RFC 4978 3: compression lasts as long as the connection; a final block leaves nothing that could be understood.
    this.#stream.on('end', () => this.#fail(new Error('the stream ended')));
  }

  push(chunk: Buffer): void {
    this.#isWriting = true;
    this.#stream.write(chunk, () => {
      this.#isWriting = false;
      this.#wake?.();
    });
  }

  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const plain = this.#stream.read() as Buffer | null;
      if (plain !== null) return plain;
      if (this.#failure !== undefined) {
        throw new Transient('host.inflate', 'the peer sent no deflate stream', { cause: this.#failure });
      }
      if (!this.#isWriting) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  close(): void {
    this.#stream.destroy();
    this.#fail(new Error('closed'));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }
}

/** Inflates octets that begin and end between two blocks; undefined when they do not, or are more than is done at once. */
function inflateWhole(octets: Buffer, history: Buffer): Buffer | undefined {
  if (octets.length > windowBytes) return undefined;
  const complete = Buffer.concat([octets, finalBlock]);
  try {
    const { buffer, engine } = inflateRawSync(complete, {
      info: true,
      maxOutputLength: atOnceBytes,
      chunkSize: outputChunk(4 * octets.length),
      ...dictionary(history),
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    // A final block of the peer's own ends it earlier.
    return engine.bytesWritten === complete.length ? ownCopy(buffer) : undefined;
  } catch {
    // Not between blocks, not deflate, or large: the living inflater tells which.
    return undefined;
  }
}

/** Output buffers as large as what is to be expected: zlib's 16 KiB a call would wait for the collector by the thousand. */
const outputChunk = (expectedBytes: number): number => Math.min(16_384, expectedBytes + 64);

/** zlib's answer is a view of a much larger buffer, which a command at work would hold as long as it lasts (IDLE: hours). */
function ownCopy(octets: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(octets.length);
  octets.copy(copy);
  return copy;
}

const dictionary = (history: Buffer): { dictionary?: Buffer } =>
  history.length === 0 ? {} : { dictionary: history };

/** The last 32 KiB of both, in memory of their own. */
function joinHistory(history: Buffer, plain: Buffer): Buffer {
  if (plain.length === 0) return history;
  const kept = Math.min(history.length, Math.max(0, windowBytes - plain.length));
  const added = Math.min(plain.length, windowBytes);
  const joined = Buffer.allocUnsafeSlow(kept + added);
  history.copy(joined, 0, history.length - kept);
  plain.copy(joined, kept, plain.length - added);
  return joined;
}
