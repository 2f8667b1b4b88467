// SEARCH over a mailbox: batch by batch, cheap keys first, dear ones only for what is still open.
//
// Order: view (numbers, UIDs, \Recent), index columns, Date fields, headers, text. After each step the program is evaluated
// and decided messages drop out. Messages that vanish on the way do not match (RFC 2180 4.3). Memory is bounded by batch ×
// keys; a client that leaves ends the work at the next pause.

import type { MimeLimits } from '../../native/mime.ts';
import type { SearchKey } from '../../proto/imap/search-key.ts';
import { mimeLimits } from '../mime-limits.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { TimeSlice } from '../time-slice.ts';
import { type HeaderKey, type SentDateKey, sentDateMatches, type TextKey } from './content-keys.ts';
import { type IndexRow, type RowTest, rowTest, type ViewTest, verdictOf, viewTest } from './index-keys.ts';
import {
  compileSearch,
  type LeafKey,
  type SearchProgram,
  SearchVerdicts,
  Verdict,
} from './search-program.ts';

export interface SearchMatches {
  /** Ascending. */
  readonly uids: Uint32Array;
  /** Modification sequence of each match; empty unless asked for. */
  readonly modSeqs: Float64Array;
}

/** All messages of the selected mailbox that match. */
export async function runSearch(
  session: ImapSession,
  key: SearchKey,
  withModSeq: boolean,
): Promise<SearchMatches> {
  const selected = session.selection;
  // What others removed must not match, also where no key looks into the store.
  await selected.catchUp();
  const run = new SearchRun(session, selected, compileSearch(key));
  const uids = selected.withoutGhosts(selected.view.uids);
  const batchSize = session.services.settings.get('imap.searchBatchMessages');
  const matches: number[] = [];
  const modSeqs: number[] = [];
  for (let from = 0; from < uids.length; from += batchSize) {
    const found = await run.judge(uids.subarray(from, from + batchSize));
    if (withModSeq && found.length > 0) {
      const rows = await selected.mailbox.rows(Uint32Array.from(found));
      matches.push(...rows.uids);
      modSeqs.push(...rows.modSeqs);
    } else {
      matches.push(...found);
    }
  }
  return { uids: Uint32Array.from(matches), modSeqs: Float64Array.from(modSeqs) };
}

interface OpenLeaf<Key extends LeafKey> {
  readonly key: Key;
  readonly column: Uint8Array;
}

/** A leaf that one test decides; tests are made once a search, since a set of ranges is dear to resolve. */
interface NodeTest<Test> {
  readonly node: number;
  readonly test: Test;
}

class SearchRun {
  readonly #selected: SelectedMailbox;
  readonly #program: SearchProgram;
  readonly #viewTests: readonly NodeTest<ViewTest>[];
  readonly #rowTests: readonly NodeTest<RowTest>[];
  readonly #limits: MimeLimits;
  readonly #slice: TimeSlice;

  constructor(session: ImapSession, selected: SelectedMailbox, program: SearchProgram) {
    this.#selected = selected;
    this.#program = program;
    this.#viewTests = nodeTests(program, (key) => viewTest(key, selected));
    this.#rowTests = nodeTests(program, (key) => rowTest(key, selected));
    this.#limits = mimeLimits(session);
    this.#slice = new TimeSlice(session.connection.closed);
  }

  /** UIDs of the batch that match. */
  async judge(uids: Uint32Array): Promise<number[]> {
    const batch = new SearchBatch(this.#program, uids);
    const steps = [this.#byView, this.#byIndex, this.#bySentDate, this.#byHeader, this.#byText];
    for (const step of steps) {
      if (batch.open.length === 0) break;
      await step.call(this, batch);
      await this.#slice.pause();
    }
    return batch.matches();
  }

  async #byView(batch: SearchBatch): Promise<void> {
    const seqs = this.#selected.view.seqsOf(batch.uids);
    for (const { node, test } of this.#viewTests) {
      const column = batch.column(node);
      for (const i of batch.open) column[i] = verdictOf(test(seqs[i]!, batch.uids[i]!));
      await this.#slice.pause();
    }
    batch.evaluate();
  }

  async #byIndex(batch: SearchBatch): Promise<void> {
    if (this.#rowTests.length === 0) return;
    const rows = await this.#selected.mailbox.rows(batch.openUids());
    const indexRows: IndexRow[] = [];
    const places: number[] = [];
    batch.align(rows.uids, (i, row) => {
      places.push(i);
      indexRows.push({
        flags: rows.flags[row]!,
        modSeq: rows.modSeqs[row]!,
        sizeBytes: rows.sizes[row]!,
        internalDateMs: rows.internalDates[row]!,
      });
    });
    for (const { node, test } of this.#rowTests) {
      const column = batch.column(node);
      for (let row = 0; row < places.length; row++) column[places[row]!] = verdictOf(test(indexRows[row]!));
      await this.#slice.pause();
    }
    batch.evaluate();
  }

  async #bySentDate(batch: SearchBatch): Promise<void> {
    const leaves = batch.leavesOf<SentDateKey>('sent-date');
    if (leaves.length === 0) return;
    const { dateMs, zoneMinutes } = await this.#selected.mailbox.sentDates(batch.openUids(), this.#limits);
    for (const { key, column } of leaves) {
      batch.open.forEach((i, at) => {
        column[i] = verdictOf(sentDateMatches(dateMs[at]!, zoneMinutes[at]!, key));
      });
    }
    batch.evaluate();
  }

  async #byHeader(batch: SearchBatch): Promise<void> {
    for (const { key, column } of batch.leavesOf<HeaderKey>('header')) {
      if (batch.open.length === 0) return;
      const found = await this.#selected.mailbox.searchHeader(
        batch.openUids(),
        key.name.toLowerCase(),
        key.text,
        this.#limits,
      );
      batch.fill(column, found);
      batch.evaluate();
      await this.#slice.pause();
    }
  }

  /** One native search a key over what is still open; each verdict may close messages for the next key. */
  async #byText(batch: SearchBatch): Promise<void> {
    for (const { key, column } of batch.leavesOf<TextKey>('text')) {
      if (batch.open.length === 0) return;
      if (key.text === '') continue;
      const { mailbox } = this.#selected;
      const asked = batch.openUids();
      const found = await mailbox.searchText(asked, key.text, key.scope === 'message', this.#limits);
      batch.fill(column, found);
      batch.evaluate();
      await this.#slice.pause();
    }
  }
}

function nodeTests<Test>(program: SearchProgram, make: (key: LeafKey) => Test | undefined): NodeTest<Test>[] {
  return program.leaves.flatMap(({ node, key }) => {
    const test = make(key);
    return test === undefined ? [] : [{ node, test }];
  });
}

/** Messages under judgement: verdicts, and which of them are open. */
class SearchBatch {
  readonly uids: Uint32Array;
  /** Indexes of messages that are not decided, ascending. */
  open: number[];
  readonly #program: SearchProgram;
  readonly #verdicts: SearchVerdicts;
  readonly #dropped = new Set<number>();
  #result: Uint8Array;

  constructor(program: SearchProgram, uids: Uint32Array) {
    this.uids = uids;
    this.open = Array.from(uids, (_, i) => i);
    this.#program = program;
    this.#verdicts = new SearchVerdicts(program, uids.length);
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

  /** Verdicts of the open messages for a leaf: yes for those among `found` (ascending), no for the others. */
  fill(column: Uint8Array, found: Uint32Array): void {
    let at = 0;
    for (const i of this.open) {
      while (at < found.length && found[at]! < this.uids[i]!) at++;
      column[i] = verdictOf(found[at] === this.uids[i]);
    }
  }

  openUids(): Uint32Array {
    return Uint32Array.from(this.open, (i) => this.uids[i]!);
  }

  /** Calls `visit` for every open message that is among `found` (ascending) and drops the open ones that are not. */
  align(found: Uint32Array, visit: (index: number, row: number) => void): void {
    let row = 0;
    for (const i of this.open) {
      while (row < found.length && found[row]! < this.uids[i]!) row++;
      if (found[row] === this.uids[i]) visit(i, row);
      else this.#dropped.add(i);
    }
  }

  /** The message is gone: it matches nothing, whatever the keys say. */
  drop(index: number): void {
    this.#dropped.add(index);
  }

  /** Works out what the filled-in leaves decide. */
  evaluate(): void {
    this.#result = this.#verdicts.evaluate();
    this.open = this.open.filter((i) => this.#result[i] === Verdict.unknown && !this.#dropped.has(i));
  }

  matches(): number[] {
    const found: number[] = [];
    for (let i = 0; i < this.uids.length; i++) {
      if (this.#result[i] === Verdict.yes && !this.#dropped.has(i)) found.push(this.uids[i]!);
    }
    return found;
  }
}
