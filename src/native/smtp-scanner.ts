// Façade of native/smtp: the DATA scanner. One state machine decides what a line is, both for the end of data and for
// dot removal (RFC 5321 4.5.2), so that no second message can hide in one (SMTP smuggling).

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

/** Facts gathered so far; valid at any time, final when done. */
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
  push(input: Uint8Array): ScanStep;
  facts(): ScanFacts;
}
interface Native {
  SmtpDataScanner: new (mode: 0 | 1, dotted: boolean) => NativeScanner;
}
const native = addon as unknown as Native;

/**
 * `dotted` true: DATA rules. False: BDAT chunk octets pass unchanged and `done` is never set; only facts are gathered.
 * In mode `refuse` octets still flow (so that the end is found), the caller answers 5xx at the end when facts say so.
 */
export class DataScanner {
  readonly #native: NativeScanner;

  constructor(mode: BareLineEnd, dotted: boolean) {
    this.#native = new native.SmtpDataScanner(mode === 'refuse' ? 0 : 1, dotted);
  }

  push(input: Uint8Array): ScanStep {
    return this.#native.push(input);
  }

  facts(): ScanFacts {
    return this.#native.facts();
  }
}
