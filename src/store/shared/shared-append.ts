// APPEND to a mailbox of another account: flags that the user has no right for are left out (RFC 4314 4), \Seen is the
// user's own and set once the messages are there.

import type { Rights } from '../acl.ts';
import type { Append, AppendMessage, Mailbox } from '../mail-store.ts';
import { mayChange } from './flag-rights.ts';

const isSeen = (flag: string): boolean => flag.toLowerCase() === '\\seen';

export class SharedAppend implements Append {
  readonly #inner: Append;
  readonly #rights: Rights;
  readonly #open: () => Promise<Mailbox>;
  /** Which of the messages the user has read, in the order of add(). */
  readonly #seen: boolean[] = [];

  /** `open`: the destination as the user sees it. */
  constructor(inner: Append, rights: Rights, open: () => Promise<Mailbox>) {
    this.#inner = inner;
    this.#rights = rights;
    this.#open = open;
  }

  async add(message: AppendMessage, octets: AsyncIterable<Uint8Array>): Promise<void> {
    const flags = message.flags.filter((flag) => mayChange(this.#rights, flag));
    await this.#inner.add({ ...message, flags: flags.filter((flag) => !isSeen(flag)) }, octets);
    this.#seen.push(flags.some(isSeen));
  }

  async commit(): Promise<{ readonly uidValidity: number; readonly uids: Uint32Array }> {
    const result = await this.#inner.commit();
    const seen = result.uids.filter((_, i) => this.#seen[i] === true);
    if (seen.length > 0) await markSeen(this.#open, seen);
    return result;
  }

  abort(): Promise<void> {
    return this.#inner.abort();
  }
}

/** Sets the user's \Seen on messages of a mailbox that `open` gives. */
export async function markSeen(open: () => Promise<Mailbox>, uids: Uint32Array): Promise<void> {
  const mailbox = await open();
  try {
    await mailbox.storeFlags(uids, 'add', ['\\Seen']);
  } finally {
    mailbox.close();
  }
}
