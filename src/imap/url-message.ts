// The octets that an IMAP URL means, in one account: for CATENATE and URLFETCH.
//
// Reads like FETCH BODY.PEEK: nothing gets \Seen. What the URL names and is not there is undefined, whatever the reason, so
// that callers cannot tell more than that it does not work.

import type { MailboxName, Uid } from '../base/brands.ts';
import { Permanent } from '../base/outcome.ts';
import { ImapFault } from '../proto/imap/fault.ts';
import { parseFetchItem, type SectionItem } from '../proto/imap/fetch-items.ts';
import type { ImapUrl } from '../proto/imap/imap-url.ts';
import type { MailAccount, Mailbox } from '../store/mail-store.ts';
import { type AnswerLimits, sectionOctets } from './fetch/message-answer.ts';
import { MessageOctets } from './fetch/message-octets.ts';

/** A message that a URL names; close it when its octets were sent. */
export interface UrlMessage {
  readonly mailbox: Mailbox;
  readonly source: MessageOctets;
  readonly item: SectionItem;
  close(): void;
}

/** Finds the message of `url`; `selected` stands for a URL without a mailbox. */
export async function openUrlMessage(
  mail: MailAccount,
  url: ImapUrl,
  limits: AnswerLimits,
  selected?: MailboxName,
): Promise<UrlMessage | undefined> {
  const item = sectionItem(url);
  const name = url.mailbox ?? selected;
  if (item === undefined || name === undefined) return undefined;
  let mailbox: Mailbox;
  try {
    mailbox = await mail.open(name);
  } catch (error) {
    if (error instanceof Permanent) return undefined;
    throw error;
  }
  try {
    await mailbox.sync();
    const { uids, sizes } = await mailbox.rows(Uint32Array.of(url.uid));
    const isThere = uids.length === 1 && (url.uidValidity ?? mailbox.uidValidity) === mailbox.uidValidity;
    if (isThere) {
      const facts = { uid: url.uid as Uid, sizeBytes: sizes[0]!, structure: undefined, readWhole: false };
      const source = new MessageOctets(mailbox, facts, limits);
      return { mailbox, source, item, close: () => mailbox.close() };
    }
  } catch (error) {
    mailbox.close();
    if (error instanceof Permanent) return undefined;
    throw error;
  }
  mailbox.close();
  return undefined;
}

/** The octets in chunks; undefined when the message has no such part or is gone. */
export async function urlOctets(
  message: UrlMessage,
  limits: AnswerLimits,
): Promise<{ readonly sizeBytes: number; chunks(): AsyncIterable<Uint8Array> } | undefined> {
  try {
    const octets = await sectionOctets(message.source, message.item, limits);
    if (octets === undefined || 'chunks' in octets) return octets;
    return {
      sizeBytes: octets.length,
      async *chunks() {
        yield octets;
      },
    };
  } catch (error) {
    if (error instanceof Permanent) return undefined;
    throw error;
  }
}

/** The section as FETCH would take it; undefined when it is none. */
function sectionItem({ section, partial }: ImapUrl): SectionItem | undefined {
  const window = partial === undefined ? '' : `<${partial.origin}.${partial.length ?? 999_999_999_999}>`;
  try {
    const item = parseFetchItem(`BODY.PEEK[${section}]${window}`);
    return item.kind === 'section' ? item : undefined;
  } catch (error) {
    if (error instanceof ImapFault) return undefined;
    throw error;
  }
}
