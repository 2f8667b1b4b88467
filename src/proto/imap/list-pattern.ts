// Matching of LIST and LSUB patterns against wire names: `*` is anything, `%` anything within one level (RFC 9051 6.3.9).
//
// Time is the product of both lengths whatever the wildcards (no backtracking): a pattern of many stars costs what a plain
// one costs. INBOX as first level is compared without case.

const star = 0x2a;
const percent = 0x25;
const separator = 0x2f;

/** A pattern ready to be matched many times. */
export class ListPattern {
  readonly #codes: Uint8Array;
  readonly #states: Uint8Array;

  /** `text` is latin1: reference and pattern of the command joined. */
  constructor(text: string) {
    // Runs of wildcards say no more than their strongest one.
    const simple = text.replace(/[*%]{2,}/g, (run) => (run.includes('*') ? '*' : '%'));
    this.#codes = Buffer.from(simple, 'latin1');
    this.#states = new Uint8Array(this.#codes.length + 1);
  }

  /** True when the whole name matches. */
  matches(name: string): boolean {
    const foldedBelow = name === 'INBOX' || name.startsWith('INBOX/') ? 5 : 0;
    // states[p]: the first p pattern octets can match the name read so far.
    const states = this.#states.fill(0);
    states[0] = 1;
    this.#skipWildcards();
    for (let i = 0; i < name.length; i++) {
      if (!this.#step(name.charCodeAt(i), i < foldedBelow)) return false;
    }
    return states[this.#codes.length] === 1;
  }

  /** Reads one octet of the name; false when nothing can match any more. */
  #step(octet: number, fold: boolean): boolean {
    const states = this.#states;
    let alive = 0;
    for (let p = this.#codes.length; p > 0; p--) {
      const code = this.#codes[p - 1]!;
      const wild = code === star || (code === percent && octet !== separator);
      const isWildcard = code === star || code === percent;
      // A wildcard stays where it is; a plain octet moves on from the state before it.
      const next = isWildcard
        ? Number(wild && states[p] === 1)
        : Number(states[p - 1] === 1 && same(code, octet, fold));
      states[p] = next;
      alive |= next;
    }
    states[0] = 0;
    this.#skipWildcards();
    return alive === 1;
  }

  /** Wildcards may match nothing. */
  #skipWildcards(): void {
    const states = this.#states;
    for (let p = 0; p < this.#codes.length; p++) {
      const code = this.#codes[p]!;
      if (states[p] === 1 && (code === star || code === percent)) states[p + 1] = 1;
    }
  }
}

function same(code: number, octet: number, fold: boolean): boolean {
  if (code === octet) return true;
  // The name's part is INBOX in capitals, so only the pattern's octet needs folding.
  return fold && code >= 0x61 && code <= 0x7a && code - 0x20 === octet;
}
