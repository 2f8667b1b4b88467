// A search whose result the client is kept informed of (RFC 5267 4.3: RETURN (UPDATE), for SEARCH and SORT).
//
// Lives with the selected mailbox, which tells it what goes and what changed. Removals are told before their EXPUNGE, while
// the numbers are still right; additions after EXISTS. Only what changed is searched again. Numbers are those of the moment.

import type { SearchKey } from '../../proto/imap/search-key.ts';
import type { SortCriterion } from '../../proto/imap/sort-arguments.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { sortMatches } from '../sort/sort-run.ts';
import { numberSet } from './search-answer.ts';
import { judgeMessages, runSearch } from './search-run.ts';
import { selectedScope } from './search-scope.ts';

export interface ContextRequest {
  readonly tag: string;
  readonly key: SearchKey;
  readonly byUid: boolean;
  /** Undefined for SEARCH: positions then mean nothing and are 0. */
  readonly criteria: readonly SortCriterion[] | undefined;
}

export class SearchContext {
  readonly tag: string;
  readonly #session: ImapSession;
  readonly #request: ContextRequest;
  /** UIDs of the result in its order. */
  #uids: readonly number[];

  constructor(session: ImapSession, request: ContextRequest, uids: Uint32Array) {
    this.#session = session;
    this.#request = request;
    this.tag = request.tag;
    this.#uids = [...uids];
  }

  /** Messages are about to be announced as removed; they still have their numbers. */
  drop(selected: SelectedMailbox, gone: Uint32Array): void {
    this.#remove(selected, new Set(gone));
  }

  /** These messages are new or their flags changed (ascending). */
  async update(selected: SelectedMailbox, changed: Uint32Array): Promise<void> {
    const { key, criteria } = this.#request;
    const scope = selectedScope(selected);
    const matching = new Set(await judgeMessages(this.#session, scope, key, changed));
    const known = new Set(this.#uids);
    const lost = new Set([...changed].filter((uid) => known.has(uid) && !matching.has(uid)));
    this.#remove(selected, lost);
    const added = Uint32Array.from([...matching].filter((uid) => !known.has(uid))).sort();
    if (added.length === 0) return;
    if (criteria === undefined) {
      this.#uids = [...this.#uids, ...added];
      this.#tell('ADDTO', [[0, this.#numbers(selected, added)]]);
      return;
    }
    const matches = await runSearch(this.#session, scope, key, false);
    const order = await sortMatches(this.#session, scope, matches, criteria);
    this.#uids = Array.from(order, (at) => matches.uids[at]!);
    const isAdded = new Set(added);
    // RFC 5267 4.3.2: positions are those after the additions before them, so in ascending order each is right.
    const places = [...this.#uids.entries()].filter(([, uid]) => isAdded.has(uid));
    this.#tell(
      'ADDTO',
      places.map(([at, uid]) => [at + 1, this.#numbers(selected, Uint32Array.of(uid))]),
    );
  }

  #remove(selected: SelectedMailbox, gone: ReadonlySet<number>): void {
    const places = [...this.#uids.entries()].filter(([, uid]) => gone.has(uid));
    if (places.length === 0) return;
    this.#uids = this.#uids.filter((uid) => !gone.has(uid));
    if (this.#request.criteria === undefined) {
      const uids = Uint32Array.from(places, ([, uid]) => uid).sort();
      this.#tell('REMOVEFROM', [[0, this.#numbers(selected, uids)]]);
      return;
    }
    // From the end, so that no removal moves the position of another.
    const backwards = places.reverse();
    this.#tell(
      'REMOVEFROM',
      backwards.map(([at, uid]) => [at + 1, this.#numbers(selected, Uint32Array.of(uid))]),
    );
  }

  #numbers({ view }: SelectedMailbox, uids: Uint32Array): Uint32Array {
    return this.#request.byUid ? uids : view.seqsOf(uids).filter((seq) => seq !== 0);
  }

  #tell(word: 'ADDTO' | 'REMOVEFROM', places: readonly (readonly [number, Uint32Array])[]): void {
    const told = places.filter(([, numbers]) => numbers.length > 0);
    if (told.length === 0) return;
    const uid = this.#request.byUid ? ' UID' : '';
    const list = told.map(([position, numbers]) => `${position} ${numberSet(numbers)}`).join(' ');
    this.#session.untagged(`ESEARCH (TAG "${this.tag}")${uid} ${word} (${list})`);
  }
}
