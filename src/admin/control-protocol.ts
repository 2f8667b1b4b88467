// What travels over the control socket: one JSON object a line. Request {"verb","args"}; answer {"ok":true,"result"} or
// {"ok":false,"code","message"}. Requests of one connection are answered in order.

/** Longest line in either direction. */
export const maxLineBytes = 1_048_576;

export interface ControlRequest {
  readonly verb: string;
  readonly args: unknown;
}

export type ControlAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Cuts a byte stream into lines, with a bound. */
export class LineCutter {
  readonly #chunks: Buffer[] = [];
  #pendingBytes = 0;

  /** The complete lines so far, without line ends; 'too long' when one passes the bound. */
  push(chunk: Buffer): string[] | 'too long' {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      if (this.#pendingBytes + end - start > maxLineBytes) return 'too long';
      lines.push(Buffer.concat([...this.#chunks.splice(0), chunk.subarray(start, end)]).toString('utf8'));
      this.#pendingBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#chunks.push(chunk.subarray(start));
      this.#pendingBytes += chunk.length - start;
    }
    return this.#pendingBytes > maxLineBytes ? 'too long' : lines;
  }
}

/** Reads a request; undefined when the line is none. */
export function parseRequest(line: string): ControlRequest | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const { verb, args } = value as { readonly verb?: unknown; readonly args?: unknown };
    return typeof verb === 'string' ? { verb, args } : undefined;
  } catch {
    return undefined;
  }
}
