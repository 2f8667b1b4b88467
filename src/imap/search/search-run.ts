// SEARCH over a mailbox: batch by batch, cheap keys first, dear ones only for what is still open.
//
// Order: view (numbers, UIDs, \Recent), index columns, ids and dates, headers, text. After each step the program is
// evaluated and decided messages drop out. Messages that vanish on the way do not match (RFC 2180 4.3). Memory is bounded by
// batch × keys; a client that leaves ends the work at the next pause.

import type { MimeLimits } from '../../native/mime.ts';
import { dayOf } from '../../proto/imap/date.ts';
import type { SearchKey } from '../../proto/imap/search-key.ts';
import { mimeLimits } from '../mime-limits.ts';
import { Progress } from '../progress.ts';
import type { ImapSession } from '../session.ts';
import { TimeSlice } from '../time-slice.ts';
import { type FuzzyKey, fuzzySearch } from './fuzzy-search.ts';
import {
  dayMatches,
  fillMembers,
  type RowFill,
  rowFill,
  type ViewFill,
  verdictOf,
  viewFill,
} from './index-keys.ts';
import {
  compileSearch,
  type LeafKey,
  type SearchProgram,
  SearchVerdicts,
  Verdict,
} from './search-program.ts';
import type { SearchScope } from './search-scope.ts';

type HeaderKey = Extract<LeafKey, { kind: 'header' }>;
type SentDateKey = Extract<LeafKey, { kind: 'sent-date' }>;
type SaveDateKey = Extract<LeafKey, { kind: 'save-date' }>;
type ObjectIdKey = Extract<LeafKey, { kind: 'email-id' | 'thread-id' }>;
type TextKey = Extract<LeafKey, { kind: 'text' }>;

const minuteMs = 60_000;

export interface SearchMatches {
  /** Ascending. */
  readonly uids: Uint32Array;
  /** Modification sequence of each match; empty unless asked for. */
  readonly modSeqs: Float64Array;
  /** How well each match fits fuzzy keys, 1 to 100 (RFC 6203 4); empty when there are none. */
  readonly relevancies: Uint8Array;
}

/** All messages of the scope that match. */
export async function runSearch(
  session: ImapSession,
  scope: SearchScope,
  key: SearchKey,
  withModSeq: boolean,
): Promise<SearchMatches> {
  const run = new SearchRun(session, scope, compileSearch(key));
  const { uids } = scope;
  const progress = new Progress(session, uids.length);
  const batchSize = session.services.settings.get('imap.searchBatchMessages');
  const found: Uint32Array[] = [];
  const modSeqs: Float64Array[] = [];
  for (let from = 0; from < uids.length; from += batchSize) {
    const matches = await run.judge(uids.subarray(from, from + batchSize));
    if (withModSeq && matches.length > 0) {
      const rows = await scope.mailbox.rows(matches);
      found.push(rows.uids);
      modSeqs.push(rows.modSeqs);
    } else {
      found.push(matches);
    }
    await progress.tell(from + batchSize);
  }
  const matched = joined(found, (size) => new Uint32Array(size));
  return {
    uids: matched,
    modSeqs: joined(modSeqs, (size) => new Float64Array(size)),
    relevancies: run.relevanciesOf(matched),
  };
}

/** Which of `uids` (ascending, among those of the scope) match: for contexts, which look at what changed. */
export async function judgeMessages(
  session: ImapSession,
  scope: SearchScope,
  key: SearchKey,
  uids: Uint32Array,
): Promise<Uint32Array> {
  return await new SearchRun(session, scope, compileSearch(key)).judge(uids);
}

function joined<T extends Uint32Array | Float64Array>(parts: readonly T[], make: (size: number) => T): T {
  const whole = make(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

interface OpenLeaf<Key extends LeafKey> {
  readonly key: Key;
  readonly column: Uint8Array;
}

/** A leaf that one loop decides; made once a search, since a set of ranges is dear to resolve. */
interface NodeFill<Fill> {
  readonly node: number;
  readonly fill: Fill;
}

class SearchRun {
  readonly #scope: SearchScope;
  readonly #program: SearchProgram;
  readonly #viewFills: readonly NodeFill<ViewFill>[];
  readonly #rowFills: readonly NodeFill<RowFill>[];
  readonly #limits: MimeLimits;
  readonly #slice: TimeSlice;
  /** Best score of a message under the fuzzy keys. */
  readonly #relevancy = new Map<number, number>();
  readonly #isFuzzy: boolean;

  constructor(session: ImapSession, scope: SearchScope, program: SearchProgram) {
    const nowMs = session.services.clock.nowMs();
    this.#scope = scope;
    this.#program = program;
    this.#viewFills = nodeFills(program, (key) => viewFill(key, scope));
    this.#rowFills = nodeFills(program, (key) => rowFill(key, scope, nowMs));
    this.#isFuzzy = program.leaves.some(({ key }) => key.kind === 'fuzzy');
    this.#limits = mimeLimits(session);
    this.#slice = new TimeSlice(session.connection.closed);
  }

  /** UIDs of the batch that match. */
  async judge(uids: Uint32Array): Promise<Uint32Array> {
    const batch = new SearchBatch(this.#program, uids);
    const steps = [
      this.#byView,
      this.#byIndex,
      this.#bySaveDate,
      this.#bySentDate,
      this.#byObjectId,
      this.#byHeader,
      this.#byText,
      this.#byFuzzyText,
    ];
    for (const step of steps) {
      if (batch.open.length === 0) break;
      await step.call(this, batch);
      await this.#slice.pause();
    }
    return batch.matches();
  }

  /** Scores of matches; 100 for those that no fuzzy key had to judge. */
  relevanciesOf(uids: Uint32Array): Uint8Array {
    if (!this.#isFuzzy) return new Uint8Array(0);
    return Uint8Array.from(uids, (uid) => this.#relevancy.get(uid) ?? 100);
  }

  async #byView(batch: SearchBatch): Promise<void> {
    if (this.#viewFills.length === 0) return;
    const view = { uids: batch.uids, seqs: this.#scope.seqsOf(batch.uids) };
    for (const { node, fill } of this.#viewFills) {
      fill(view, batch.column(node));
      await this.#slice.pause();
    }
    batch.evaluate();
  }

  async #byIndex(batch: SearchBatch): Promise<void> {
    if (this.#rowFills.length === 0) return;
    const rows = await this.#scope.mailbox.rows(batch.openUids());
    const places = batch.align(rows.uids);
    for (const { node, fill } of this.#rowFills) {
      fill(rows, places, batch.column(node));
      await this.#slice.pause();
    }
    batch.evaluate();
  }

  async #bySaveDate(batch: SearchBatch): Promise<void> {
    const leaves = batch.leavesOf<SaveDateKey>('save-date');
    if (leaves.length === 0) return;
    const dates = await this.#scope.mailbox.saveDates(batch.openUids());
    for (const { key, column } of leaves) {
      batch.fill(column, (at) => {
        const date = dates[at]!;
        return !Number.isNaN(date) && dayMatches(dayOf(date), key.test, key.day);
      });
    }
    batch.evaluate();
  }

  /** RFC 9051 6.4.4: the Date field in its own zone, time disregarded; without a readable one no day is the right one. */
  async #bySentDate(batch: SearchBatch): Promise<void> {
    const leaves = batch.leavesOf<SentDateKey>('sent-date');
    if (leaves.length === 0) return;
    const { dateMs, zoneMinutes } = await this.#scope.mailbox.sentDates(batch.openUids(), this.#limits);
    for (const { key, column } of leaves) {
      batch.fill(column, (at) => {
        const zone = Number.isNaN(zoneMinutes[at]!) ? 0 : zoneMinutes[at]!;
        const date = dateMs[at]! + zone * minuteMs;
        return !Number.isNaN(date) && dayMatches(dayOf(date), key.test, key.day);
      });
    }
    batch.evaluate();
  }

  async #byObjectId(batch: SearchBatch): Promise<void> {
    const leaves = [...batch.leavesOf<ObjectIdKey>('email-id'), ...batch.leavesOf<ObjectIdKey>('thread-id')];
    if (leaves.length === 0) return;
    const ids = await this.#scope.mailbox.objectIds(batch.openUids(), this.#limits);
    for (const { key, column } of leaves) {
      batch.fill(column, (at) => {
        const one = ids[at];
        return (key.kind === 'email-id' ? one?.emailId : one?.threadId) === key.id;
      });
    }
    batch.evaluate();
  }

  async #byHeader(batch: SearchBatch): Promise<void> {
    for (const { key, column } of batch.leavesOf<HeaderKey>('header')) {
      if (batch.open.length === 0) return;
      const name = key.name.toLowerCase();
      batch.fillMembers(
        column,
        await this.#scope.mailbox.searchHeader(batch.openUids(), name, key.text, this.#limits),
      );
      batch.evaluate();
      await this.#slice.pause();
    }
  }

  /** One search of the store a key over what is still open; each verdict may close messages for the next key. */
  async #byText(batch: SearchBatch): Promise<void> {
    for (const { key, column } of batch.leavesOf<TextKey>('text')) {
      if (batch.open.length === 0) return;
      if (key.text === '') continue;
      const whole = key.scope === 'message';
      batch.fillMembers(
        column,
        await this.#scope.mailbox.searchText(batch.openUids(), key.text, whole, this.#limits),
      );
      batch.evaluate();
      await this.#slice.pause();
    }
  }

  async #byFuzzyText(batch: SearchBatch): Promise<void> {
    for (const { key, column } of batch.leavesOf<FuzzyKey>('fuzzy')) {
      if (batch.open.length === 0) return;
      const { uids, relevancies } = await fuzzySearch(
        this.#scope.mailbox,
        batch.openUids(),
        key,
        this.#limits,
      );
      for (const [at, uid] of uids.entries()) {
        this.#relevancy.set(uid, Math.max(this.#relevancy.get(uid) ?? 1, relevancies[at]!));
      }
      batch.fillMembers(column, uids);
      batch.evaluate();
      await this.#slice.pause();
    }
  }
}

function nodeFills<Fill>(program: SearchProgram, make: (key: LeafKey) => Fill | undefined): NodeFill<Fill>[] {
  return program.leaves.flatMap(({ node, key }) => {
    const fill = make(key);
    return fill === undefined ? [] : [{ node, fill }];
  });
}

/** Messages under judgement: verdicts, and which of them are open. */
class SearchBatch {
  readonly uids: Uint32Array;
  /** Indexes of messages that are not decided, ascending. */
  open: Uint32Array;
  readonly #program: SearchProgram;
  readonly #verdicts: SearchVerdicts;
  readonly #isDropped: Uint8Array;
  #result: Uint8Array;

  constructor(program: SearchProgram, uids: Uint32Array) {
    this.uids = uids;
    this.open = Uint32Array.from(uids.keys());
    this.#program = program;
    this.#verdicts = new SearchVerdicts(program, uids.length);
    this.#isDropped = new Uint8Array(uids.length);
    this.#result = new Uint8Array(uids.length).fill(Verdict.unknown);
  }

  /** Verdicts of one leaf, to be filled in. */
  column(node: number): Uint8Array {
    return this.#verdicts.leafColumn(node);
  }

  leavesOf<Key extends LeafKey>(kind: Key['kind']): OpenLeaf<Key>[] {
    return this.#program.leaves
      .filter(({ key }) => key.kind === kind)
      .map(({ node, key }) => ({ key: key as Key, column: this.column(node) }));
  }

  /** Verdicts of the open messages for a leaf; `test` gets the position among `openUids()`. */
  fill(column: Uint8Array, test: (at: number) => boolean): void {
    for (let at = 0; at < this.open.length; at++) column[this.open[at]!] = verdictOf(test(at));
  }

  /** Verdicts of the open messages for a leaf: yes for those among `found` (ascending). */
  fillMembers(column: Uint8Array, found: Uint32Array): void {
    if (this.open.length === this.uids.length) {
      fillMembers(this.uids, found, column);
      return;
    }
    const verdicts = new Uint8Array(this.open.length);
    fillMembers(this.openUids(), found, verdicts);
    for (let at = 0; at < this.open.length; at++) column[this.open[at]!] = verdicts[at]!;
  }

  openUids(): Uint32Array {
    return this.open.length === this.uids.length ? this.uids : this.open.map((i) => this.uids[i]!);
  }

  /** Place in the batch of each of `found` (ascending, all open); open messages that are not among them are gone. */
  align(found: Uint32Array): Uint32Array {
    const places = new Uint32Array(found.length);
    let row = 0;
    for (const i of this.open) {
      while (row < found.length && found[row]! < this.uids[i]!) row++;
      if (found[row] === this.uids[i]) places[row] = i;
      // The message is gone: it matches nothing, whatever the keys say.
      else this.#isDropped[i] = 1;
    }
    return places;
  }

  /** Works out what the filled-in leaves decide. */
  evaluate(): void {
    this.#result = this.#verdicts.evaluate();
    this.open = this.open.filter((i) => this.#result[i] === Verdict.unknown && this.#isDropped[i] === 0);
  }

  matches(): Uint32Array {
    return this.uids.filter((_, i) => this.#result[i] === Verdict.yes && this.#isDropped[i] === 0);
  }
}
