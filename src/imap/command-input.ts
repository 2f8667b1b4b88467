// One command as it arrives: its first line, then literal, line, literal, line … pulled by whoever consumes it.
//
// Framing follows the literal marker at the end of each line even when the line is wrong: octets of a literal are never run
// as commands (I17). Limits are checked before a continuation is sent and before anything is allocated (I01). `skipRest`
// brings the stream to the next command after a failure; when it cannot within bounds, the session ends.

import { Fault, Transient } from '../base/outcome.ts';
import { tokenizeFragment } from '../native/imap-wire.ts';
import { ImapFault, refuse } from '../proto/imap/fault.ts';
import { findLiteralMark } from '../proto/imap/literal-mark.ts';
import { type LiteralMark, type ReaderOptions, TokenReader } from '../proto/imap/token-reader.ts';
import type { LineReader } from './line-reader.ts';

/** Bounds that hold for this command, from settings and session state. */
export interface InputLimits {
  readonly maxLineBytes: number;
  readonly maxLiteralBytes: number;
  /** Lines and collected literals together. */
  readonly maxCommandBytes: number;
  /** Refused octets that are read and dropped before the session gives up. */
  readonly maxDiscardBytes: number;
  /** Largest non-synchronising literal; RFC 7888 5 says 4096 for LITERAL-. */
  readonly maxNonSyncBytes: number;
  readonly dataTimeoutMs: number;
}

/** RFC 3516 6.2 needs the whole chunk of a stream to be small: bounds what one slow consumer pins. */
const streamChunkBytes = 65_536;

/** The peer went away inside a command; nothing can be answered. */
const cutShort = (): Transient => new Transient('host.closed', 'the connection ended inside a command');

export class CommandInput {
  readonly tokens: TokenReader;
  readonly limits: InputLimits;
  readonly #lines: LineReader;
  readonly #askForLiteral: () => void;
  #line: Buffer = Buffer.alloc(0);
  #totalBytes = 0;
  /** Octets of the literal now being streamed that were not read yet. */
  #streaming = 0;
  /** The literal that ends the last line is on its way or read, and the line after it was not read yet. */
  #lineIsDue = false;

  /** `askForLiteral` sends the continuation request of a synchronising literal and flushes. */
  constructor(lines: LineReader, limits: InputLimits, options: ReaderOptions, askForLiteral: () => void) {
    this.#lines = lines;
    this.limits = limits;
    this.tokens = new TokenReader(options);
    this.#askForLiteral = askForLiteral;
  }

  /** Begins with the command's first line; returns the BAD it earns when it cannot be tokenised wholly. */
  start(line: Buffer): ImapFault | undefined {
    return this.#takeLine(line);
  }

  /** The literal that ends the last line and was not read yet. */
  get announced(): LiteralMark | undefined {
    return this.tokens.announcedLiteral;
  }

  /** Collects all literals of the command and the lines between them. Throws NO [TOOBIG] at a bound. */
  async collectAll(): Promise<void> {
    while (this.announced !== undefined) await this.collectLiteral();
  }

  /** Collects the announced literal and the line after it. */
  async collectLiteral(): Promise<void> {
    const mark = this.#expectMark();
    const { maxLiteralBytes, maxCommandBytes } = this.limits;
    const fits = mark.sizeBytes <= maxLiteralBytes && this.#totalBytes + mark.sizeBytes <= maxCommandBytes;
    this.#checkMark(mark, fits, maxLiteralBytes);
    this.#serveMark(mark);
    this.#streaming = mark.sizeBytes;
    const data = await this.#lines.readExactly(mark.sizeBytes, this.limits.dataTimeoutMs);
    if (data === undefined) throw cutShort();
    this.#streaming = 0;
    this.#totalBytes += data.length;
    this.tokens.pushLiteral(data);
    await this.nextLine();
  }

  /**
   * The announced literal as a stream of chunks of at most 64 KiB; `maxBytes` 0 = no bound. The continuation request leaves
   * with the first pull, so whoever refuses before that spares the client the upload. Consume it wholly, then `nextLine`.
   */
  openLiteral(maxBytes: number): AsyncIterable<Uint8Array> {
    const mark = this.#expectMark();
    this.#checkMark(mark, maxBytes === 0 || mark.sizeBytes <= maxBytes, maxBytes);
    this.tokens.skipAnnouncedLiteral();
    return this.#stream(mark);
  }

  async *#stream(mark: LiteralMark): AsyncGenerator<Uint8Array> {
    this.#serveMark(mark);
    this.#streaming = mark.sizeBytes;
    while (this.#streaming > 0) {
      const some = await this.#lines.readSome(
        Math.min(this.#streaming, streamChunkBytes),
        this.limits.dataTimeoutMs,
      );
      if (some === undefined) throw cutShort();
      this.#streaming -= some.length;
      yield some;
    }
  }

  /** Reads the line that follows a literal. Throws BAD when it cannot be tokenised. */
  async nextLine(): Promise<void> {
    const line = await this.#lines.readLine(this.limits.maxLineBytes, () => this.limits.dataTimeoutMs);
    if (line === undefined) throw cutShort();
    const fault = this.#takeLine(line);
    if (fault !== undefined) throw fault;
    if (this.#totalBytes > this.limits.maxCommandBytes) {
      throw refuse('imap.too_big', 'TOOBIG', 'Command is too big');
    }
  }

  /**
   * After a failure: reads and drops what the client sends of this command whatever we answer, that is literals under way
   * and non-synchronising ones. Throws Fault('imap.literal_too_big') beyond `maxDiscardBytes`.
   */
  async skipRest(): Promise<void> {
    let budget = this.limits.maxDiscardBytes;
    // A literal that was asked for was within its own limit.
    if (this.#lineIsDue) {
      await this.#drop(this.#streaming);
      await this.#rawLine();
    }
    for (;;) {
      const mark = findLiteralMark(this.#line);
      // RFC 9051 4.3: a synchronising literal is only sent after a continuation, which we do not send.
      if (mark === undefined || !mark.nonSync) return;
      budget -= mark.sizeBytes;
      if (budget < 0) throw new Fault('imap.literal_too_big', 'Literal is too big');
      await this.#drop(mark.sizeBytes);
      await this.#rawLine();
    }
  }

  async #drop(sizeBytes: number): Promise<void> {
    this.#streaming = 0;
    if (!(await this.#lines.discard(sizeBytes, this.limits.dataTimeoutMs))) throw cutShort();
  }

  async #rawLine(): Promise<void> {
    const line = await this.#lines.readLine(this.limits.maxLineBytes, () => this.limits.dataTimeoutMs);
    if (line === undefined) throw cutShort();
    this.#line = line;
    this.#lineIsDue = false;
  }

  #takeLine(line: Buffer): ImapFault | undefined {
    this.#line = line;
    this.#lineIsDue = false;
    this.#totalBytes += line.length + 2;
    const continuesSection = this.tokens.endsInsideSection;
    const { tokens, count, errorAt } = tokenizeFragment(line, continuesSection);
    return this.tokens.push({ octets: line, tokens, count, errorAt });
  }

  #expectMark(): LiteralMark {
    const mark = this.announced;
    if (mark === undefined) throw new ImapFault('imap.syntax', 'BAD', undefined, 'Expected literal');
    return mark;
  }

  #checkMark(mark: LiteralMark, fits: boolean, maxBytes: number): void {
    if (mark.nonSync && mark.sizeBytes > this.limits.maxNonSyncBytes) {
      // RFC 7888 5: LITERAL- clients may not send more than 4096 octets without asking.
      throw new ImapFault('imap.literal_too_big', 'BAD', 'TOOBIG', 'Non-synchronizing literal is too big');
    }
    // RFC 9051 4.3: refuse with a tagged NO instead of the continuation request.
    if (!fits) throw refuse('imap.too_big', 'TOOBIG', `Literal is larger than ${maxBytes} octets`);
  }

  #serveMark(mark: LiteralMark): void {
    this.#lineIsDue = true;
    if (!mark.nonSync) this.#askForLiteral();
  }
}
