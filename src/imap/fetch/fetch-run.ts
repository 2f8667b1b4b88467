// FETCH over many messages: batches of rows and structures, a few messages read ahead, answers sent in order.
//
// Memory is bounded by batch size × structure and by read-ahead × inlineBytes, whatever the client asks for. A message that
// vanished in between gets no answer; the caller learns of it. \Seen is set after a batch was sent, so a message whose
// transfer broke stays unseen (RFC 9051 6.4.5).

import { Outcome } from '../../base/outcome.ts';
import type { MimeLimits } from '../../native/mime.ts';
import { ImapFault } from '../../proto/imap/fault.ts';
import type { FetchItem } from '../../proto/imap/fetch-items.ts';
import {
  Flag,
  type MessageRows,
  type MessageStructure,
  type StructureColumn,
} from '../../store/mail-store.ts';
import { fetchPrefix } from '../fetch-prefix.ts';
import { filterRows, toFlagRows, writeFlagRows } from '../flag-answers.ts';
import { mimeLimits } from '../mime-limits.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { TimeSlice } from '../time-slice.ts';
import { MessageAnswer } from './answer.ts';
import {
  type AnswerContext,
  type AnsweredMessage,
  addPlainAnswer,
  contentAnswer,
  messageOfRow,
} from './message-answer.ts';
import { readNotes } from './message-notes.ts';

/** Rows asked of the index at once when nothing else is needed: about 40 KiB. */
const indexBatch = 1000;

/** Answers without content that are written together: a few hundred microseconds of work. */
const answersPerWrite = 100;

/** Octets of small messages that are queued before the client's pace is looked at: a system call each would cost more. */
const flushBytes = 65_536;

export interface FetchRequest {
  readonly uids: Uint32Array;
  readonly items: readonly FetchItem[];
  readonly byUid: boolean;
}

export interface FetchOutcome {
  /** Some messages are gone. */
  readonly missing: boolean;
  /** The answer that one message earned instead of its data (NO [UNKNOWN-CTE]). */
  readonly refusal: ImapFault | undefined;
}

/** What the items need; decided once a command. */
interface FetchNeeds {
  readonly onlyFlags: boolean;
  /** What is needed of the parsed structure; empty: no structure at all. */
  readonly columns: readonly StructureColumn[];
  readonly content: boolean;
  /** Previews and ids may need parsing. */
  readonly notes: boolean;
  readonly contentItems: number;
  readonly setsSeen: boolean;
}

export async function runFetch(session: ImapSession, request: FetchRequest): Promise<FetchOutcome> {
  const run = new FetchRun(session, session.selection, request);
  return run.run();
}

class FetchRun {
  readonly #session: ImapSession;
  readonly #selected: SelectedMailbox;
  readonly #request: FetchRequest;
  readonly #needs: FetchNeeds;
  readonly #limits: MimeLimits;
  readonly #slice: TimeSlice;
  #missing = false;
  #refusal: ImapFault | undefined;

  constructor(session: ImapSession, selected: SelectedMailbox, request: FetchRequest) {
    this.#session = session;
    this.#selected = selected;
    this.#request = request;
    this.#needs = needsOf(request.items, selected.readOnly);
    this.#limits = mimeLimits(session);
    this.#slice = new TimeSlice(session.connection.closed);
  }

  async run(): Promise<FetchOutcome> {
    const { uids } = this.#request;
    const { columns, content, onlyFlags } = this.#needs;
    const heavy = columns.length > 0 || content || this.#needs.notes;
    const batch = heavy ? this.#session.services.settings.get('imap.fetchBatchMessages') : indexBatch;
    for (let from = 0; from < uids.length; from += batch) {
      const wanted = uids.subarray(from, from + batch);
      const rows = await this.#selected.mailbox.rows(wanted);
      if (rows.uids.length < wanted.length) this.#missing = true;
      if (rows.uids.length === 0) continue;
      if (onlyFlags) await this.#sendFlags(rows);
      else await this.#sendBatch(rows);
    }
    return { missing: this.#missing, refusal: this.#refusal };
  }

  async #sendFlags(rows: MessageRows): Promise<void> {
    const { mailbox, view, recent } = this.#selected;
    this.#selected.announceKeywords();
    const asked = (kind: string) => this.#request.items.some((item) => item.kind === kind);
    const { uidOnly } = this.#session;
    const options = { withUid: asked('uid'), withModSeq: asked('modseq'), uidOnly };
    const flagRows = toFlagRows(rows, view, recent, mailbox.keywords(), options);
    await writeFlagRows(this.#session, flagRows, this.#session.connection.closed);
  }

  async #sendBatch(rows: MessageRows): Promise<void> {
    const { mailbox, view, recent } = this.#selected;
    if (this.#request.items.some((item) => item.kind === 'flags')) this.#selected.announceKeywords();
    const { columns } = this.#needs;
    const structures =
      columns.length > 0 ? await mailbox.structures(rows.uids, this.#limits, columns) : undefined;
    const { seqs, flags } = toFlagRows(rows, view, recent, [], {
      withUid: true,
      withModSeq: true,
      uidOnly: false,
    });
    const { utf8 } = this.#session;
    const notesOf = await readNotes(mailbox, rows.uids, this.#request.items, { limits: this.#limits, utf8 });
    const messages: AnsweredMessage[] = [];
    for (let i = 0; i < rows.uids.length; i++) {
      const structure: MessageStructure | undefined = structures?.[i];
      if (structures !== undefined && structure === undefined) this.#missing = true;
      else {
        const prefix = fetchPrefix(this.#session, seqs[i]!, rows.uids[i]!);
        messages.push(messageOfRow(rows, i, prefix, seqs[i]!, flags[i]!, structure, notesOf(i)));
      }
    }
    const context: AnswerContext = {
      mailbox,
      limits: this.#limits,
      items: this.#request.items,
      readWhole: this.#needs.contentItems > 1,
    };
    if (this.#needs.content) await this.#sendContent(context, messages, rows);
    else await this.#sendPlain(messages, mailbox.keywords());
  }

  async #sendPlain(messages: readonly AnsweredMessage[], keywords: readonly string[]): Promise<void> {
    for (let from = 0; from < messages.length; from += answersPerWrite) {
      const answer = new MessageAnswer();
      for (const message of messages.slice(from, from + answersPerWrite)) {
        addPlainAnswer(answer, this.#request.items, message, keywords);
      }
      await answer.send(this.#session);
      await this.#slice.pause();
    }
  }

  /** Reads up to `imap.fetchReadAhead` messages while earlier ones are being sent. */
  async #sendContent(
    context: AnswerContext,
    messages: readonly AnsweredMessage[],
    rows: MessageRows,
  ): Promise<void> {
    const ahead = this.#session.services.settings.get('imap.fetchReadAhead');
    const pending: Promise<MessageAnswer | undefined>[] = [];
    const sent = new Set<number>();
    let next = 0;
    let queued = 0;
    for (const message of messages) {
      while (next < messages.length && pending.length < ahead) {
        const answer = this.#answer(context, messages[next++]!);
        // It is awaited in its turn; until then a failure must not count as unhandled.
        answer.catch(() => {});
        pending.push(answer);
      }
      const answer = await pending.shift();
      if (answer === undefined) continue;
      queued += await answer.queue(this.#session);
      sent.add(message.uid);
      if (queued >= flushBytes) {
        queued = 0;
        await this.#session.flush();
      }
      await this.#slice.pause();
    }
    await this.#session.flush();
    if (this.#needs.setsSeen) await this.#markSeen(rows, sent);
  }

  async #answer(context: AnswerContext, message: AnsweredMessage): Promise<MessageAnswer | undefined> {
    try {
      return await contentAnswer(context, message);
    } catch (error) {
      if (error instanceof Outcome && error.code === 'store.expunged') this.#missing = true;
      else if (error instanceof ImapFault) this.#refusal ??= error;
      else throw error;
      return undefined;
    }
  }

  /** Sets \Seen on what was sent and says so, since the answers themselves showed the flags from before. */
  async #markSeen(rows: MessageRows, sent: ReadonlySet<number>): Promise<void> {
    const isNew = (i: number) => (rows.flags[i]! & Flag.seen) === 0 && sent.has(rows.uids[i]!);
    const unseen = filterRows(rows, isNew).uids;
    // RFC 4314 4: a FETCH without the right leaves \Seen alone and does not fail.
    if (unseen.length === 0 || !this.#selected.mailbox.rights().has('s')) return;
    const { rows: now } = await this.#selected.mailbox.storeFlags(unseen, 'add', ['\\Seen']);
    this.#selected.acknowledge(now);
    await this.#selected.writeFlags(now, { withUid: this.#request.byUid });
    this.#session.noteOwnChange(this.#selected.name);
  }
}

function needsOf(items: readonly FetchItem[], readOnly: boolean): FetchNeeds {
  const contentItems = items.filter((item) => 'partial' in item);
  const flagKinds = new Set(['flags', 'uid', 'modseq']);
  return {
    onlyFlags: items.some((item) => item.kind === 'flags') && items.every((item) => flagKinds.has(item.kind)),
    columns: columnsOf(items, contentItems.length > 0),
    content: contentItems.length > 0,
    notes: items.some(({ kind }) => kind === 'preview' || kind === 'email-id' || kind === 'thread-id'),
    contentItems: contentItems.length,
    setsSeen: !readOnly && contentItems.some((item) => 'setsSeen' in item && item.setsSeen),
  };
}

/** Where octets are read, the part table comes with everything else: it tells where they are. */
function columnsOf(items: readonly FetchItem[], withContent: boolean): StructureColumn[] {
  const columns = new Set(items.map(neededColumn).filter((column) => column !== undefined));
  if (withContent && columns.size > 0) columns.add('parts');
  return [...columns];
}

function neededColumn(item: FetchItem): StructureColumn | undefined {
  switch (item.kind) {
    case 'envelope':
    case 'body':
      return item.kind;
    case 'bodystructure':
      return 'bodyStructure';
    case 'binary-size':
      return 'parts';
    case 'binary':
      return item.path.length > 0 ? 'parts' : undefined;
    case 'section':
      return item.section.path.length > 0 || item.section.text === 'text' ? 'parts' : undefined;
    default:
      return undefined;
  }
}
