// Dot-stuffing of message octets for a dialogue that ends them with a lone dot: POP3 (RFC 1939 3), SMTP DATA (RFC 5321
// 4.5.2). A pull machine: chunks in, chunks out, any split of the input gives the same output.
//
// A dot is doubled at the start, after CRLF, and also after a bare LF: peers that read up to LF would otherwise take
// <LF>.<CRLF> inside a message for its end, and the rest of it for our next reply. A peer that keeps strictly to CRLF sees
// one dot too many there, in a message that breaks the rules anyway.

const lf = 0x0a;
const cr = 0x0d;
const dot = 0x2e;
const lineStart = Buffer.from('\n.');

export class DotStuffing {
  /** The next octet begins a line. */
  #atLineStart = true;
  /** The last octets were CRLF, or nothing came yet. */
  #endsInCrlf = true;
  #last = -1;

  /** The octets with their dots doubled; the input itself where nothing changes. */
  push(octets: Buffer): Buffer {
    if (octets.length === 0) return octets;
    const leads = this.#atLineStart && octets[0] === dot;
    const last = octets[octets.length - 1] ?? -1;
    const before = octets.length > 1 ? octets[octets.length - 2] : this.#last;
    this.#atLineStart = last === lf;
    this.#endsInCrlf = last === lf && before === cr;
    this.#last = last;
    const output: Buffer[] = leads ? [Buffer.of(dot)] : [];
    let from = 0;
    for (let at = octets.indexOf(lineStart); at >= 0; at = octets.indexOf(lineStart, at + 1)) {
      // Up to the dot; the dot itself begins the next piece, so it is there twice.
      output.push(octets.subarray(from, at + 2));
      from = at + 1;
    }
    if (output.length === 0) return octets;
    output.push(octets.subarray(from));
    return Buffer.concat(output);
  }

  /** What ends the message: the line end that its last line lacks (S03), and the lone dot. */
  end(): string {
    return this.#endsInCrlf ? '.\r\n' : '\r\n.\r\n';
  }
}
