// One FETCH answer with the items in the order in which they were asked for.

import type { Uid } from '../../base/brands.ts';
import { assert, Bug } from '../../base/outcome.ts';
import { formatString } from '../../native/imap-wire.ts';
import { type MimeLimits, selectHeaderFields } from '../../native/mime.ts';
import { formatDateTime } from '../../proto/imap/date.ts';
import type { FetchItem, SectionItem } from '../../proto/imap/fetch-items.ts';
import type { Mailbox, MessageRows, MessageStructure } from '../../store/mail-store.ts';
import { flagList } from '../flag-names.ts';
import { MessageAnswer, type Octets } from './answer.ts';
import { binaryOctets, binarySize } from './binary.ts';
import type { MessageNotes } from './message-notes.ts';
import { cutRange, MessageOctets } from './message-octets.ts';
import { sectionRange } from './part-path.ts';

/** The message an answer is about, as the index knows it. */
export interface AnsweredMessage {
  /** `* n FETCH (`, see fetch-prefix.ts. */
  readonly prefix: string;
  readonly seq: number;
  readonly uid: Uid;
  readonly flags: number;
  readonly modSeq: number;
  readonly sizeBytes: number;
  readonly internalDateMs: number;
  readonly structure: MessageStructure | undefined;
  readonly notes: MessageNotes;
}

/** Row `index` as a message; `flags` with \Recent. */
export function messageOfRow(
  rows: MessageRows,
  index: number,
  prefix: string,
  seq: number,
  flags: number,
  structure: MessageStructure | undefined,
  notes: MessageNotes,
): AnsweredMessage {
  return {
    prefix,
    seq,
    uid: rows.uids[index]! as Uid,
    flags,
    modSeq: rows.modSeqs[index]!,
    sizeBytes: rows.sizes[index]!,
    internalDateMs: rows.internalDates[index]!,
    structure,
    notes,
  };
}

/** Bounds of parsing that the answer depends on. */
export type AnswerLimits = MimeLimits;

export interface AnswerContext {
  readonly mailbox: Mailbox;
  readonly limits: MimeLimits;
  readonly items: readonly FetchItem[];
  /** More than one item reads octets. */
  readonly readWhole: boolean;
}

/** Adds the answer of a message when nothing but the index and the structure is asked for. */
export function addPlainAnswer(
  answer: MessageAnswer,
  items: readonly FetchItem[],
  message: AnsweredMessage,
  keywords: readonly string[],
): void {
  answer.text(message.prefix);
  for (let i = 0; i < items.length; i++) {
    if (i > 0) answer.text(' ');
    answerPlain(answer, items[i]!, message, keywords);
  }
  answer.text(')\r\n');
}

/** Any items. Throws Permanent('store.expunged') when the message is gone, NO [UNKNOWN-CTE] for BINARY. */
export async function contentAnswer(
  context: AnswerContext,
  message: AnsweredMessage,
): Promise<MessageAnswer> {
  const { mailbox, limits, readWhole } = context;
  const { uid, sizeBytes, structure } = message;
  const source = new MessageOctets(mailbox, { uid, sizeBytes, structure, readWhole }, limits);
  const answer = new MessageAnswer();
  answer.text(message.prefix);
  for (const [index, item] of context.items.entries()) {
    if (index > 0) answer.text(' ');
    if (item.kind === 'section') {
      const octets = await sectionOctets(source, item, limits);
      answer.text(`${item.label} `);
      answer.nstring(octets);
    } else if (item.kind === 'binary') {
      const octets = await binaryOctets(source, item);
      answer.text(`${item.label} `);
      answer.binaryString(octets);
    } else if (item.kind === 'binary-size') {
      answer.text(`${item.label} ${await binarySize(source, item)}`);
    } else {
      answerPlain(answer, item, message, mailbox.keywords());
    }
  }
  answer.text(')\r\n');
  return answer;
}

function answerPlain(
  answer: MessageAnswer,
  item: FetchItem,
  message: AnsweredMessage,
  keywords: readonly string[],
): void {
  answer.text(`${item.label} `);
  const value = plainValue(item, message, keywords);
  if (typeof value === 'string') answer.text(value);
  else answer.octets(value);
}

function plainValue(
  item: FetchItem,
  message: AnsweredMessage,
  keywords: readonly string[],
): string | Uint8Array {
  switch (item.kind) {
    case 'flags':
      return flagList(message.flags, keywords);
    case 'uid':
      return String(message.uid);
    case 'internaldate':
      return `"${formatDateTime(message.internalDateMs)}"`;
    case 'size':
      return String(message.sizeBytes);
    case 'modseq':
      return `(${message.modSeq})`;
    case 'email-id':
      return `(${message.notes.ids?.emailId ?? ''})`;
    case 'thread-id': {
      // RFC 8474 5.2: NIL where the store cannot tell.
      const id = message.notes.ids?.threadId;
      return id === undefined ? 'NIL' : `(${id})`;
    }
    case 'save-date': {
      const date = message.notes.saveDateMs;
      return date === undefined || Number.isNaN(date) ? 'NIL' : `"${formatDateTime(date)}"`;
    }
    case 'preview':
      return previewString(message.notes);
    case 'envelope':
      return structureOf(message).envelope;
    case 'body':
      return structureOf(message).body;
    case 'bodystructure':
      return structureOf(message).bodyStructure;
    default:
      throw new Bug('an item with content was taken for a plain one');
  }
}

/** RFC 8970 3.1: UTF-8, so a literal for clients that take no 8-bit quoted string. */
function previewString({ preview, utf8 }: MessageNotes): string | Uint8Array {
  return preview === undefined ? 'NIL' : formatString(Buffer.from(preview), utf8);
}

function structureOf(message: AnsweredMessage): MessageStructure {
  assert(message.structure !== undefined, 'the structure was not fetched');
  return message.structure;
}

/** The octets of a section; undefined (NIL) when the message has no such part (RFC 9051 7.5.2: nstring). */
export async function sectionOctets(
  source: MessageOctets,
  item: SectionItem,
  limits: AnswerLimits,
): Promise<Octets | undefined> {
  const { section, partial } = item;
  const top = section.path.length === 0;
  if (top && section.text === 'whole') return source.load(cutRange(await source.wholeRange(), partial));
  const byField = section.text === 'fields' || section.text === 'fields-not';
  if (top && (byField || section.text === 'header')) {
    const header = await source.header();
    if (byField) return cutOctets(pickFields(header, item), partial);
    // A header at the bound may go on; the part table knows where it ends.
    if (header.length < limits.maxHeaderBytes) return cutOctets(header, partial);
  }
  const { parts } = await source.structure();
  const range = sectionRange(parts, section);
  if (range === undefined) return undefined;
  if (!byField) return source.load(cutRange(range, partial));
  return cutOctets(pickFields(await source.headerOctets(range), item), partial);
}

function pickFields(header: Buffer, item: SectionItem): Buffer {
  const { names, text } = item.section;
  return selectHeaderFields(header, [...names], text === 'fields-not');
}

function cutOctets(octets: Buffer, partial: SectionItem['partial']): Buffer {
  const { start, end } = cutRange({ start: 0, end: octets.length }, partial);
  return octets.subarray(start, end);
}
