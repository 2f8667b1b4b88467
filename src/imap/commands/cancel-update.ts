// CANCELUPDATE (RFC 5267 4.4): the client no longer wants to hear of changes to the results of these searches.

import { bad } from '../../proto/imap/fault.ts';
import { command, ok, onlySelected } from '../command.ts';

export const cancelUpdate = command<readonly string[]>({
  name: 'CANCELUPDATE',
  states: onlySelected,
  announce: 'no-expunge',
  capability: 'CONTEXT=SEARCH',
  parse(tokens) {
    const tags: string[] = [];
    do {
      tokens.expectSpace('tag');
      tags.push(tokens.expectString('tag').toString('latin1'));
    } while (!tokens.isAtEnd);
    return tags;
  },
  async run(session, tags) {
    const selected = session.selection;
    const known = new Set(selected.contexts.map(({ tag }) => tag));
    if (tags.some((tag) => !known.has(tag))) throw bad('No search with this tag is kept up to date');
    const cancelled = new Set(tags);
    selected.contexts = selected.contexts.filter(({ tag }) => !cancelled.has(tag));
    return ok('No longer kept up to date');
  },
});
