// Façade of native/smtp: the scanner of message content in DATA and BDAT.
//
// One state machine decides what a line is, both for the end of data and for dot removal (RFC 5321 4.5.2), so that no second
// message can hide in one (SMTP smuggling). A line begins at the start and after each CRLF, nowhere else: after a bare CR or
// LF a dot is content. In mode `normalise` each bare CR or LF then becomes CRLF in the output, which may so hold a line of a
// lone dot; it is content like any other, and whoever sends it stuffs it again. Any split of the input gives the same result.

import { addon } from './addon.ts';

/** What to do with a CR or LF that is not part of a CRLF. */
export type BareLineEnd = 'refuse' | 'normalise';

/** Result of one step. */
export interface ScanStep {
  /** Octets of the input that were used; the rest (after the final dot line) belongs to the next command. */
  readonly consumed: number;
  /** Message octets, dots removed; a view of the input where nothing had to change, else a new buffer. */
  readonly output: Uint8Array;
  /** True when CRLF.CRLF was seen; the final CRLF before the dot is part of the output. */
  readonly done: boolean;
}

/** Facts of the octets so far; lines are those of the output. */
export interface ScanFacts {
  readonly bareCr: boolean;
  readonly bareLf: boolean;
  readonly nul: boolean;
  readonly eightBit: boolean;
  /** Longest line in octets without CRLF. */
  readonly longestLine: number;
  /** `Received:` fields in the header, for loop detection (RFC 5321 6.3). */
  readonly receivedCount: number;
}

interface NativeScanner {
  push(input: Uint8Array, step: Uint32Array): Buffer | undefined;
  facts(atEnd: boolean): ScanFacts;
}
interface Native {
  SmtpDataScanner: new (mode: 0 | 1, dotted: boolean) => NativeScanner;
}
const native = addon as unknown as Native;

/** What push() fills: octets consumed, done, and the range of the input that is the output. Read before the next call. */
const step = new Uint32Array(4);

/**
 * `dotted` true: DATA rules. False: BDAT chunk octets pass unchanged and `done` is never set; only facts are gathered.
 * In mode `refuse` octets still flow (so that the end is found), the caller answers 5xx at the end when facts say so.
 */
export class DataScanner {
  readonly #native: NativeScanner;

  constructor(mode: BareLineEnd, dotted: boolean) {
    this.#native = new native.SmtpDataScanner(mode === 'refuse' ? 0 : 1, dotted);
  }

  /** Takes octets, fewer than 4 GiB. The output is a view of `input` unless something had to change. */
  push(input: Uint8Array): ScanStep {
    const changed = this.#native.push(input, step);
    return {
      consumed: step[0]!,
      done: step[1] === 1,
      output: changed ?? input.subarray(step[2]!, step[3]!),
    };
  }

  /**
   * Facts so far. A CR that ended the last push counts as bare only with `atEnd`, that is when no octet will follow: after the
   * last BDAT chunk. DATA needs no `atEnd`, for its end is a CRLF.
   */
  facts(atEnd = false): ScanFacts {
    return this.#native.facts(atEnd);
  }
}
