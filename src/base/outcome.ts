// The four ways an operation can fail, as types that every layer shares.
//
// Fault: the peer's mistake; carries a ready reply text. Transient: try again later (4xx, NO [UNAVAILABLE]).
// Permanent: will not work however often it is tried (5xx, NO). Bug: an assertion of ours failed.
// Every code is a row of docs/errors.md; `npm run check` compares both ways. `cause` keeps the inner error.

/** Options shared by all outcomes. */
export interface OutcomeOptions {
  readonly cause?: unknown;
  /** Values worth logging beside the code (names, sizes); never a secret, never message text. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** Common parent: a stable dotted code (`store.over_quota`) and one English sentence. */
export abstract class Outcome extends Error {
  readonly code: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;

  constructor(code: string, message: string, options: OutcomeOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.detail = options.detail ?? {};
  }
}

/** The peer broke the protocol or a documented limit; the session answers and usually goes on. */
export class Fault extends Outcome {}

/** Something outside is unavailable now; the same request may succeed later. */
export class Transient extends Outcome {}

/** The request can never succeed as it stands. */
export class Permanent extends Outcome {}

/** Our own assertion failed: log with stack, end this session only. */
export class Bug extends Outcome {
  constructor(message: string, options: OutcomeOptions = {}) {
    super('internal.bug', message, options);
  }
}

/** Throws a Bug unless `condition` holds. Use only for what our own code guarantees. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Bug(message);
}
