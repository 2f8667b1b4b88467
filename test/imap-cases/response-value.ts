// IMAP answers as trees: what both the script's expectations and the server's lines are parsed into.
//
// Lenient: sections in brackets belong to their atom, and status lines (OK, NO, BAD, BYE, PREAUTH) are split at spaces,
// since human text follows no grammar.

export type Value =
  | { readonly kind: 'atom' | 'string'; readonly text: string }
  | { readonly kind: 'nil' }
  | { readonly kind: 'list'; readonly items: readonly Value[] };

const statusLine = /^(ok|no|bad|bye|preauth)(?: |$)/i;

/** Parses one answer without `* ` and without the final CRLF; latin1 text with literals inside. */
export function parseResponse(text: string): readonly Value[] {
  if (statusLine.test(text)) return text.split(' ').map((word) => ({ kind: 'atom', text: word }));
  const parser = new ResponseParser(text);
  return parser.items(false);
}

class ResponseParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Values up to the end, or to the closing parenthesis when `nested`. */
  items(nested: boolean): Value[] {
    const items: Value[] = [];
    for (;;) {
      while (this.#text[this.#at] === ' ') this.#at++;
      const next = this.#text[this.#at];
      if (next === undefined) {
        if (nested) throw new Error(`unclosed list in ${JSON.stringify(this.#text)}`);
        return items;
      }
      if (next === ')' && nested) {
        this.#at++;
        return items;
      }
      items.push(this.#value(next));
    }
  }

  #value(next: string): Value {
    if (next === '(') {
      this.#at++;
      return { kind: 'list', items: this.items(true) };
    }
    if (next === '"') return { kind: 'string', text: this.#quoted() };
    const literal = /~?\{(\d+)\}\r\n/y;
    literal.lastIndex = this.#at;
    const match = literal.exec(this.#text);
    if (match !== null) {
      const start = this.#at + match[0].length;
      this.#at = start + Number(match[1]);
      return { kind: 'string', text: this.#text.slice(start, this.#at) };
    }
    const atom = this.#atom();
    return atom.toUpperCase() === 'NIL' ? { kind: 'nil' } : { kind: 'atom', text: atom };
  }

  #quoted(): string {
    let text = '';
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#text[this.#at] === '\\') this.#at++;
      const character = this.#text[this.#at];
      if (character === undefined) throw new Error(`unclosed string in ${JSON.stringify(this.#text)}`);
      text += character;
    }
    this.#at++;
    return text;
  }

  #atom(): string {
    const start = this.#at;
    let depth = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!;
      if (character === '[') depth++;
      else if (character === ']') depth = Math.max(0, depth - 1);
      else if (depth === 0 && (character === ' ' || character === '(' || character === ')')) break;
    }
    if (this.#at === start) this.#at++;
    return this.#text.slice(start, this.#at);
  }
}
