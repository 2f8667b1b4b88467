// Command lines out of a stream of chunks: a pull machine with three outcomes. Also the buffer of what was received and not
// used yet, so that message octets pipelined behind a command are found in their place.
//
// Only CRLF ends a command (RFC 5321 2.3.8). A line that is too long, ends otherwise, or holds NUL, bare CR or broken UTF-8 is
// consumed and refused as a whole. Never holds more than one line's limit plus one chunk; what exceeds the limit is dropped
// while it arrives.

/** Why a line was refused; the code of the Fault. */
export type LineRefusal = 'smtp.line_too_long' | 'smtp.bare_line_end' | 'smtp.bad_octets';

export type LineOutcome =
  | { readonly kind: 'line'; readonly text: string }
  /** More input is needed. */
  | { readonly kind: 'need' }
  /** `text` is what could be read of the line, for the one command whose octets follow (BDAT). */
  | { readonly kind: 'refused'; readonly reason: LineRefusal; readonly text: string }
  /** So much came without a line end that it is no dialogue any more. */
  | { readonly kind: 'lost' };

/** RFC 4954 4 and 8: a line of an AUTH exchange has at most 12,288 octets. */
export const maxAuthLineBytes = 12_288;
/** Octets of one endless line that are dropped before the session is given up. */
const maxDroppedBytes = 1_048_576;
/** What is kept of a line that is too long: room for `BDAT ` and more digits than a size can have. */
const headBytes = 32;

const lf = 10;
const cr = 13;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const empty = Buffer.alloc(0);

export class LineInput {
  #buffer: Buffer = empty;
  /** Start of what was not used yet. */
  #at = 0;
  /** Up to here no LF was found. */
  #searched = 0;
  /** Octets dropped of a line that is too long. */
  #dropped = 0;
  /** Beginning of that line. */
  #head = '';

  get isEmpty(): boolean {
    return this.#at === this.#buffer.length;
  }

  append(chunk: Buffer): void {
    const rest = this.#buffer.length - this.#at;
    this.#searched -= this.#at;
    this.#buffer = rest === 0 ? chunk : Buffer.concat([this.#buffer.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  /** Forgets everything received so far (STARTTLS). Returns the number of octets dropped. */
  clear(): number {
    const dropped = this.#buffer.length - this.#at;
    this.#use(this.#buffer.length);
    this.#dropped = 0;
    return dropped;
  }

  /** Up to `maxBytes` octets of what is there; undefined when nothing is. */
  take(maxBytes: number): Buffer | undefined {
    if (this.isEmpty) return undefined;
    const end = Math.min(this.#buffer.length, this.#at + maxBytes);
    const octets = this.#buffer.subarray(this.#at, end);
    this.#use(end);
    return octets;
  }

  /** The next line, at most `maxBytes` with CRLF; lines that begin with AUTH may have more. */
  takeLine(maxBytes: number): LineOutcome {
    const end = this.#buffer.indexOf(lf, Math.max(this.#searched, this.#at)) + 1;
    const start = this.#at;
    const limit = this.#isAuth(start) ? Math.max(maxBytes, maxAuthLineBytes) : maxBytes;
    if (end === 0) return this.#needMore(limit);
    const isTooLong = this.#dropped > 0 || end - start > limit;
    const outcome: LineOutcome = isTooLong
      ? { kind: 'refused', reason: 'smtp.line_too_long', text: this.#headOf(start, limit) }
      : this.#readLine(start, end - 1);
    this.#dropped = 0;
    this.#use(end);
    return outcome;
  }

  #needMore(limit: number): LineOutcome {
    const held = this.#buffer.length - this.#at;
    this.#searched = this.#buffer.length;
    if (this.#dropped > 0 || held > limit) {
      this.#head = this.#headOf(this.#at, limit);
      this.#dropped += held;
      this.#use(this.#buffer.length);
      if (this.#dropped > maxDroppedBytes) return { kind: 'lost' };
    }
    return { kind: 'need' };
  }

  /** The same however the line arrived: a line longer than `limit` is only dropped when more than that is there. */
  #headOf(start: number, limit: number): string {
    if (this.#dropped > 0) return this.#head;
    return this.#buffer.toString('latin1', start, start + Math.min(limit, headBytes));
  }

  #readLine(start: number, lfAt: number): LineOutcome {
    const crlf = lfAt > start && this.#buffer[lfAt - 1] === cr;
    const end = crlf ? lfAt - 1 : lfAt;
    const text = this.#buffer.toString('latin1', start, end);
    if (!crlf || text.includes('\r')) return { kind: 'refused', reason: 'smtp.bare_line_end', text };
    if (text.includes('\0')) return { kind: 'refused', reason: 'smtp.bad_octets', text };
    if (!/[\x80-\xff]/.test(text)) return { kind: 'line', text };
    try {
      // RFC 6531 3.3: what is not ASCII is UTF-8.
      return { kind: 'line', text: utf8.decode(this.#buffer.subarray(start, end)) };
    } catch {
      return { kind: 'refused', reason: 'smtp.bad_octets', text };
    }
  }

  #isAuth(start: number): boolean {
    if (this.#buffer.length - start < 5) return false;
    return this.#buffer.toString('latin1', start, start + 5).toUpperCase() === 'AUTH ';
  }

  #use(end: number): void {
    this.#at = end;
    this.#searched = end;
    if (end === this.#buffer.length) {
      this.#buffer = empty;
      this.#at = 0;
      this.#searched = 0;
    }
  }
}
