// SEARCH and UID SEARCH (RFC 9051 6.4.4; RFC 3501 answer without RETURN, ESEARCH of RFC 4731 with it; MODSEQ of RFC 7162).

import { formatNumberList, formatSequenceSet } from '../../native/imap-wire.ts';
import { refuse } from '../../proto/imap/fault.ts';
import { expectSearch, type SearchArguments, type SearchReturn } from '../../proto/imap/search-key.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { type Completion, command, ok, onlySelected } from '../command.ts';
import { searchCharset } from '../search/charset.ts';
import { runSearch, type SearchMatches } from '../search/search-run.ts';
import type { ImapSession } from '../session.ts';

interface SearchCommand extends SearchArguments {
  readonly byUid: boolean;
}

export const search = command<SearchCommand>({
  name: 'SEARCH',
  usesSeqs: true,
  states: onlySelected,
  announce: 'no-expunge',
  parse: (tokens) => parseSearch(tokens, false),
  run,
});

export const uidSearch = command<SearchCommand>({
  name: 'UID SEARCH',
  states: onlySelected,
  announce: 'all',
  parse: (tokens) => parseSearch(tokens, true),
  run,
});

function parseSearch(tokens: TokenReader, byUid: boolean): SearchCommand {
  const charset = (name: string | undefined) => searchCharset(name, tokens.options.utf8);
  return { ...expectSearch(tokens, { charset }), byUid };
}

const allMatches: ReadonlySet<SearchReturn> = new Set(['all']);

async function run(session: ImapSession, args: SearchCommand): Promise<Completion> {
  const maxKeys = session.services.settings.get('imap.maxSearchKeys');
  if (args.keyCount > maxKeys) throw refuse('imap.limit', 'LIMIT', `More than ${maxKeys} search keys`);
  if (args.usesModSeq) session.enable('CONDSTORE');
  const matches = await runSearch(session, args.key, args.usesModSeq);
  const { view } = session.selection;
  const numbers = args.byUid ? matches.uids : view.seqsOf(matches.uids);
  // RFC 9051 6.4.4: revision 2 always answers ESEARCH.
  const returns = args.returns ?? (session.rev2 ? allMatches : undefined);
  if (returns === undefined) writeSearch(session, numbers, matches);
  else writeExtendedSearch(session, returns, numbers, matches, args.byUid);
  return ok('Search completed');
}

/** RFC 3501 7.2.5: `* SEARCH 2 3 6`, with the highest modification sequence behind it (RFC 7162 3.1.5). */
function writeSearch(session: ImapSession, numbers: Uint32Array, matches: SearchMatches): void {
  const modSeq = matches.modSeqs.length === 0 ? '' : ` (MODSEQ ${highest(matches.modSeqs)})`;
  session.untagged(formatNumberList(numbers), modSeq);
}

/** RFC 4731 3.1: MIN, MAX and ALL are left out when nothing matched, COUNT is not. */
function writeExtendedSearch(
  session: ImapSession,
  returns: ReadonlySet<SearchReturn>,
  numbers: Uint32Array,
  matches: SearchMatches,
  byUid: boolean,
): void {
  const parts = [`ESEARCH (TAG "${session.commandTag}")`];
  if (byUid) parts.push('UID');
  const found = numbers.length > 0;
  if (found && returns.has('min')) parts.push(`MIN ${numbers[0]}`);
  if (found && returns.has('max')) parts.push(`MAX ${numbers[numbers.length - 1]}`);
  if (found && returns.has('all')) parts.push(`ALL ${formatSequenceSet(numbers)}`);
  if (returns.has('count')) parts.push(`COUNT ${numbers.length}`);
  const modSeqs = relevantModSeqs(returns, matches.modSeqs);
  if (modSeqs.length > 0) parts.push(`MODSEQ ${highest(modSeqs)}`);
  session.untagged(parts.join(' '));
}

/** RFC 7162 3.1.10: with MIN or MAX alone the sequence of that message, with both of these two, else of all. */
function relevantModSeqs(returns: ReadonlySet<SearchReturn>, modSeqs: Float64Array): Float64Array {
  if (returns.has('all') || returns.has('count') || modSeqs.length === 0) return modSeqs;
  const first = modSeqs[0]!;
  const last = modSeqs[modSeqs.length - 1]!;
  const both = returns.has('min') && returns.has('max');
  if (both) return Float64Array.of(first, last);
  return Float64Array.of(returns.has('min') ? first : last);
}

const highest = (modSeqs: Float64Array): number => modSeqs.reduce((a, b) => Math.max(a, b), 1);
