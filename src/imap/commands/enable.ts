// ENABLE (RFC 5161): switches extensions on for this session. Unknown names are ignored, as the RFC asks.
//
// It is taken with a mailbox selected too, as clients send it; what changes the form of names and numbers is not
// (RFC 6855 3, RFC 9051 6.3.1, RFC 9586 3.1).

import { bad } from '../../proto/imap/fault.ts';
import { AnnotationNews } from '../annotation-news.ts';
import { enableable } from '../capability.ts';
import { afterLogin, command, ok } from '../command.ts';

const onlyBeforeSelect: ReadonlySet<string> = new Set(['IMAP4REV2', 'UTF8=ACCEPT', 'UIDONLY']);

export const enable = command<readonly string[]>({
  name: 'ENABLE',
  states: afterLogin,
  announce: 'all',
  capability: 'ENABLE',
  parse(tokens) {
    const names: string[] = [];
    do {
      tokens.expectSpace('capability');
      names.push(tokens.expectKeyword('capability'));
    } while (!tokens.isAtEnd);
    return names;
  },
  async run(session, names) {
    const { selected } = session;
    if (selected !== undefined && names.some((name) => onlyBeforeSelect.has(name))) {
      throw bad('Not while a mailbox is selected');
    }
    const fresh = new Set<string>();
    for (const name of names) {
      const row = enableable(name, session.capabilityContext);
      if (row !== undefined && session.enable(row.name)) fresh.add(row.name);
    }
    if (fresh.has('METADATA') || fresh.has('METADATA-SERVER')) {
      if (session.annotationNews === undefined) {
        session.annotationNews = new AnnotationNews(session);
        await session.annotationNews.start();
      }
      // NOTIFY may have asked for some of it before.
      session.annotationNews.accepts = undefined;
    }
    // RFC 5161 3.2: the answer comes even when nothing was enabled; names enabled before are not repeated.
    session.untagged(['ENABLED', ...fresh].join(' '));
    return ok('ENABLE completed');
  },
});
