// Names of message files: `<sec>.M<usec>P<pid>Q<counter>R<random>.<host>,S=<octets>,W=<octets>:2,<flags>`.
//
// Names travel through this folder as octet strings (one UTF-16 unit an octet), because other programs may put any
// octets into a name; `pathText` makes them text again for the system. The part before `:2,` is the base: it identifies
// the message; what follows is the info. Info letters that we do not know are kept when flags change.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { withFlags } from '../../native/maildir-names.ts';

/** First keyword bit. */
export const keywordShift = 5;

/** Makes base names that no other file has. */
export class NameSource {
  readonly #host: string;
  #counter = 0;
  #lastMicros = 0;
  #entropy = Buffer.alloc(0);
  #used = 0;

  constructor(host: string = hostname()) {
    // The customary escapes for the two octets that a Maildir name cannot hold, and `,` which would start a size field.
    this.#host =
      host.replaceAll('/', '\\057').replaceAll(':', '\\072').replaceAll(',', '\\054') || 'localhost';
  }

  /** A fresh base name for a file of `sizeBytes` octets that is CRLF text already (S = W). `nowMs`: Unix time. */
  next(nowMs: number, sizeBytes: number, virtualSizeBytes: number = sizeBytes): string {
    if (this.#used >= this.#entropy.length) {
      this.#entropy = randomBytes(1024);
      this.#used = 0;
    }
    const random = this.#entropy.toString('hex', this.#used, this.#used + 8);
    this.#used += 8;
    const stamp = this.#stamp(nowMs);
    const seconds = Math.floor(stamp / 1e6);
    const unique = `${seconds}.M${stamp - seconds * 1e6}P${process.pid}Q${++this.#counter}R${random}`;
    return `${unique}.${this.#host},S=${sizeBytes},W=${virtualSizeBytes}`;
  }

  /**
   * Microseconds that rise with every name, so that messages of one millisecond get their UIDs in the order in which they
   * came. A clock that was set back is followed.
   */
  #stamp(nowMs: number): number {
    const now = Math.floor(nowMs * 1000);
    const isNew = now > this.#lastMicros || now < this.#lastMicros - 1e6;
    this.#lastMicros = isNew ? now : this.#lastMicros + 1;
    return this.#lastMicros;
  }
}

/** The same base with other sizes: how a wrong S= or W= is repaired. */
export function withSizes(base: string, sizeBytes: number, virtualSizeBytes: number): string {
  const kept = base.replaceAll(/,[SW]=[^,]*/g, '');
  return `${kept},S=${sizeBytes},W=${virtualSizeBytes}`;
}

/** Info (what follows the base) for these flags; letters of `old` that are no flags and its later fields are kept. */
export const formatInfo = (old: string, flags: number): string => withFlags(`x${old}`, flags).slice(1);

/** When a base name says that its message arrived: microseconds since 1970, 0 when it does not tell. */
export function arrivalOf(base: string): number {
  const match = /^(\d{1,10})\.(?:M(\d{1,6}))?/.exec(base);
  if (match === null) return 0;
  return Number(match[1]) * 1e6 + Number(match[2] ?? 0);
}

const beyondAscii = /[\u0080-\u00ff]/;

/** An octet string as text for a system call; undefined when it is not UTF-8 (such files cannot be served). */
export function pathText(octets: string): string | undefined {
  if (!beyondAscii.test(octets)) return octets;
  const bytes = Buffer.from(octets, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

/** Text as an octet string. */
export const octetsOf = (text: string): string =>
  /[^\u0000-\u007f]/.test(text) ? Buffer.from(text).toString('latin1') : text;
