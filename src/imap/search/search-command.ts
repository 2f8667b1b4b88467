// What SEARCH and SORT have in common: limits, the search itself, what is kept of it, the answer, the context.

import { bad, type ImapFault, refuse } from '../../proto/imap/fault.ts';
import type { SearchArguments } from '../../proto/imap/search-key.ts';
import { partialBounds, returnAll, type SearchReturns } from '../../proto/imap/search-return.ts';
import type { SortCriterion } from '../../proto/imap/sort-arguments.ts';
import type { ImapSession } from '../session.ts';
import { sortMatches } from '../sort/sort-run.ts';
import { type ToldResult, wantsAnswer, writeExtendedSearch, writeSearch } from './search-answer.ts';
import { SearchContext } from './search-context.ts';
import { runSearch, type SearchMatches } from './search-run.ts';
import { type SearchScope, selectedScope } from './search-scope.ts';

export interface SearchRequest extends SearchArguments {
  readonly byUid: boolean;
  /** Undefined for SEARCH. */
  readonly criteria?: readonly SortCriterion[];
  /** What the command ends with, once it is known to be well formed. */
  readonly refusal?: ImapFault | undefined;
}

const none = new Uint32Array(0);

/** Refuses what the limits and the session's mode do not allow. */
export function checkSearch(
  session: ImapSession,
  args: SearchArguments & Pick<SearchRequest, 'refusal'>,
): void {
  if (args.usesSeqs && session.uidOnly) throw bad('No message numbers after UIDONLY', 'UIDREQUIRED');
  if (args.returns !== undefined) checkReturns(session, args.returns);
  const refusal = args.refusal ?? keyLimit(session, args);
  if (refusal === undefined) return;
  // RFC 9051 6.4.4.1: NO empties the result that was kept, BAD leaves it.
  if (args.returns?.save === true) session.selection.savedResult = none;
  throw refusal;
}

function keyLimit(session: ImapSession, { keyCount }: SearchArguments): ImapFault | undefined {
  const maxKeys = session.services.settings.get('imap.maxSearchKeys');
  if (keyCount <= maxKeys) return undefined;
  return refuse('imap.limit', 'LIMIT', `More than ${maxKeys} search keys`);
}

/** A capability that is switched off takes its options with it. */
function checkReturns(session: ImapSession, returns: SearchReturns): void {
  const needs: [boolean, readonly string[]][] = [
    [returns.save, ['SEARCHRES']],
    [returns.update || returns.context, ['CONTEXT=SEARCH', 'CONTEXT=SORT']],
    [returns.partial !== undefined, ['PARTIAL', 'CONTEXT=SEARCH', 'CONTEXT=SORT']],
    [returns.relevancy, ['SEARCH=FUZZY']],
  ];
  for (const [isUsed, capabilities] of needs) {
    if (isUsed && !capabilities.some((name) => session.isOn(name))) throw bad('Unknown result option');
  }
}

/** Runs SEARCH or SORT on the selected mailbox and answers. */
export async function runSearchCommand(session: ImapSession, args: SearchRequest): Promise<void> {
  checkSearch(session, args);
  const selected = session.selection;
  const { criteria, byUid } = args;
  // RFC 9051 6.4.4: revision 2 always answers ESEARCH to SEARCH.
  const returns = args.returns ?? (session.rev2 && criteria === undefined ? returnAll : undefined);
  if (args.usesModSeq) session.enable('CONDSTORE');
  // What others removed must not match, also where no key looks into the store.
  await selected.catchUp();
  const scope = selectedScope(selected);
  // RFC 5182 2.1: a search that fails leaves an empty result.
  if (returns?.save === true) selected.savedResult = none;
  const matches = await runSearch(session, scope, args.key, args.usesModSeq);
  const result = await orderResult(session, scope, matches, args);
  if (returns?.save === true) selected.savedResult = keepable(session, savedOf(returns, result.ordered));
  if (returns === undefined) writeSearch(session, result);
  else if (wantsAnswer(returns)) writeExtendedSearch(session, returns, result);
  if (returns?.update !== true) return;
  if (selected.contexts.length >= session.services.settings.get('imap.maxSearchContexts')) {
    // RFC 5267 4.3.1: the search itself is answered all the same.
    session.untagged(`NO [NOUPDATE "${session.commandTag}"] Too many searches to keep up to date`);
    return;
  }
  const request = { tag: session.commandTag, key: args.key, byUid, criteria };
  selected.contexts = [...selected.contexts, new SearchContext(session, request, result.ordered)];
}

async function orderResult(
  session: ImapSession,
  scope: SearchScope,
  matches: SearchMatches,
  { criteria, byUid }: SearchRequest,
): Promise<ToldResult & { readonly ordered: Uint32Array }> {
  const { modSeqs, relevancies } = matches;
  const toNumbers = (uids: Uint32Array): Uint32Array => (byUid ? uids : scope.seqsOf(uids));
  if (criteria === undefined) {
    const { uids } = matches;
    return { ordered: uids, numbers: toNumbers(uids), modSeqs, relevancies, byUid, isSorted: false };
  }
  const order = await sortMatches(session, scope, matches, criteria);
  const numbers = toNumbers(matches.uids);
  return {
    ordered: order.map((at) => matches.uids[at]!),
    numbers: order.map((at) => numbers[at]!),
    modSeqs: modSeqs.length === 0 ? modSeqs : Float64Array.from(order, (at) => modSeqs[at]!),
    relevancies: relevancies.length === 0 ? relevancies : Uint8Array.from(order, (at) => relevancies[at]!),
    byUid,
    isSorted: true,
  };
}

/** RFC 9738 3.3: a result that is too long is not kept, and the command says so. */
function keepable(session: ImapSession, uids: Uint32Array): Uint32Array {
  const limit = session.services.settings.get('imap.saveLimit');
  if (uids.length <= limit) return uids;
  throw refuse('imap.message_limit', `MESSAGELIMIT ${limit}`, `More than ${limit} messages cannot be kept`);
}

/** RFC 5182 2.4, RFC 9394 3.2: MIN, MAX and PARTIAL keep what they tell, everything else keeps all. Ascending. */
function savedOf(returns: SearchReturns, ordered: Uint32Array): Uint32Array {
  const { min, max, all, count, partial } = returns;
  if (all || count || (!min && !max && partial === undefined)) return ordered.slice().sort();
  const kept = new Set<number>();
  if (min && ordered.length > 0) kept.add(ordered[0]!);
  if (max && ordered.length > 0) kept.add(ordered[ordered.length - 1]!);
  if (partial !== undefined) {
    const { from, to } = partialBounds(partial, ordered.length);
    for (const uid of ordered.subarray(from, to)) kept.add(uid);
  }
  return Uint32Array.from(kept).sort();
}
