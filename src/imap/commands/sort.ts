// SORT and UID SORT (RFC 5256; result options of RFC 5267, display names of RFC 5957, RELEVANCY of RFC 6203).

import { bad } from '../../proto/imap/fault.ts';
import { expectSort, type SortArguments } from '../../proto/imap/sort-arguments.ts';
import { type Command, command, ok, onlySelected } from '../command.ts';
import { searchCode } from '../message-set.ts';
import { expectInCharset, type InCharset } from '../search/charset.ts';
import { runSearchCommand } from '../search/search-command.ts';

function row(name: string, byUid: boolean): Command {
  return command<InCharset<SortArguments>>({
    name,
    usesSeqs: !byUid,
    states: onlySelected,
    announce: byUid ? 'all' : 'no-expunge',
    capability: 'SORT',
    parse(tokens) {
      return expectInCharset(tokens, expectSort);
    },
    async run(session, args) {
      const isShown = args.criteria.some(({ key }) => key.startsWith('display-'));
      if (isShown && !session.isOn('SORT=DISPLAY')) throw bad('Unknown sort key');
      if (args.returns !== undefined && !session.isOn('ESORT')) throw bad('Unknown sort criteria');
      await runSearchCommand(session, { ...args, byUid });
      return ok('Sort completed', searchCode(session, byUid));
    },
  });
}

export const sort = row('SORT', false);
export const uidSort = row('UID SORT', true);
