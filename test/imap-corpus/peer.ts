// One server under comparison: the corpus is appended to a mailbox of it, then asked for in batches.

import { type Answer, fetchedItems, type ImapClient, type Value } from '../fixture/imap-client.ts';
import type { CorpusMessage } from './corpus.ts';

export type Items = Map<string, Value>;

const mailbox = 'Corpus';
/** Messages of one MULTIAPPEND: fewer round trips and one commit. */
const appendBatch = 50;
/** Below imap.maxFetchItems, and below 64 KiB a line with the longest part numbers. */
const itemsPerCommand = 300;

/** Creates the mailbox, appends everything and selects it. */
export async function upload(client: ImapClient, messages: readonly CorpusMessage[]): Promise<void> {
  await client.ok(`CREATE ${mailbox}`);
  for (let from = 0; from < messages.length; from += appendBatch) {
    const pieces: Buffer[] = [Buffer.from(`APPEND ${mailbox}`)];
    for (const { octets } of messages.slice(from, from + appendBatch)) {
      pieces.push(Buffer.from(` {${octets.length}+}\r\n`), octets);
    }
    await client.ok(Buffer.concat(pieces));
  }
  const selected: Answer = await client.ok(`EXAMINE ${mailbox}`);
  const exists = selected.untagged.find(({ values }) => values[1] === 'EXISTS');
  if (exists?.values[0] !== String(messages.length))
    throw new Error(`uploaded ${messages.length}, ${exists?.raw}`);
}

/** Items of messages `from` to `to` (numbers, inclusive), in order. */
export async function fetchRange(
  client: ImapClient,
  from: number,
  to: number,
  items: readonly string[],
): Promise<Items[]> {
  const answer = await client.ok(`FETCH ${from}:${to} (${items.join(' ')})`);
  const found = fetchedItems(answer.untagged);
  return Array.from({ length: to - from + 1 }, (_, i) => requireMessage(found, from + i));
}

/**
 * Different items of each of the messages from number `first`: all commands are sent before the first answer is read. A server
 * may work on several at once and mix their answers (RFC 9051 5.5), so these are sorted by message.
 */
export async function fetchEach(
  client: ImapClient,
  first: number,
  items: readonly (readonly string[])[],
): Promise<Items[]> {
  const tags = items.flatMap((wanted, i) => {
    const commands: string[] = [];
    for (let from = 0; from < wanted.length; from += itemsPerCommand) {
      commands.push(`FETCH ${first + i} (${wanted.slice(from, from + itemsPerCommand).join(' ')})`);
    }
    return commands.map((command) => client.send(command));
  });
  const found = fetchedItems(await client.finishAll(tags));
  return items.map((_, i) => requireMessage(found, first + i));
}

function requireMessage(found: ReadonlyMap<number, Items>, number: number): Items {
  const message = found.get(number);
  if (message === undefined) throw new Error(`no answer for message ${number}`);
  return message;
}

/** Octets of a string item; undefined for NIL or when it is missing. */
export function octetsOf(items: Items, label: string): Buffer | undefined {
  const value = items.get(label.toUpperCase());
  return Buffer.isBuffer(value) ? value : undefined;
}
