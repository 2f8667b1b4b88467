// SEARCH and UID SEARCH (RFC 9051 6.4.4; RFC 3501 answer without RETURN, ESEARCH of RFC 4731 with it; RFC 5182, RFC 5267).

import { expectSearch } from '../../proto/imap/search-key.ts';
import { type Command, command, ok, onlySelected } from '../command.ts';
import { searchCode } from '../message-set.ts';
import { expectInCharset } from '../search/charset.ts';
import { runSearchCommand, type SearchRequest } from '../search/search-command.ts';

function row(name: string, byUid: boolean): Command {
  return command<SearchRequest>({
    name,
    usesSeqs: !byUid,
    states: onlySelected,
    announce: byUid ? 'all' : 'no-expunge',
    parse(tokens) {
      return { ...expectInCharset(tokens, expectSearch), byUid };
    },
    async run(session, args) {
      await runSearchCommand(session, args);
      return ok('Search completed', searchCode(session, byUid));
    },
  });
}

export const search = row('SEARCH', false);
export const uidSearch = row('UID SEARCH', true);
