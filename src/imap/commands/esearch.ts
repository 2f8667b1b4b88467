// ESEARCH (RFC 7377 MULTISEARCH): one search over several mailboxes, each answered for itself by UIDs.
//
// Without IN it is UID SEARCH RETURN on the selected mailbox. Mailboxes that do not exist, cannot be read or vanish on the way
// give no answer (RFC 7377 2.1). SAVE, CONTEXT and UPDATE are for the selected mailbox alone and refused here.

import type { MailboxName } from '../../base/brands.ts';
import { Outcome } from '../../base/outcome.ts';
import { bad, refuse } from '../../proto/imap/fault.ts';
import { expectMailboxFilters, type MailboxFilter } from '../../proto/imap/mailbox-filter.ts';
import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import { expectSearch, type SearchArguments } from '../../proto/imap/search-key.ts';
import { returnAll } from '../../proto/imap/search-return.ts';
import { afterLogin, command, ok } from '../command.ts';
import { isConnectionFailure } from '../failure.ts';
import { filteredMailboxes } from '../mailbox-filter.ts';
import { expectInCharset, type InCharset } from '../search/charset.ts';
import { writeExtendedSearch } from '../search/search-answer.ts';
import { checkSearch, runSearchCommand } from '../search/search-command.ts';
import { runSearch } from '../search/search-run.ts';
import { unselectedScope } from '../search/search-scope.ts';
import type { ImapSession } from '../session.ts';

interface MultiSearch extends InCharset<SearchArguments> {
  /** Undefined: the selected mailbox. */
  readonly filters: readonly MailboxFilter[] | undefined;
}

export const esearch = command<MultiSearch>({
  name: 'ESEARCH',
  states: afterLogin,
  announce: 'all',
  capability: 'MULTISEARCH',
  parse(tokens) {
    tokens.expectSpace('mailboxes or search key');
    let filters: readonly MailboxFilter[] | undefined;
    if (tokens.takeWord('IN')) {
      tokens.expectSpace('mailboxes');
      filters = expectMailboxFilters(tokens);
    }
    const args = expectInCharset(tokens, (rest, options) =>
      expectSearch(rest, options, filters === undefined),
    );
    return { ...args, filters };
  },
  async run(session, args) {
    const returns = args.returns ?? returnAll;
    if (args.filters === undefined) {
      if (session.selected === undefined) throw bad('No mailbox is selected');
      await runSearchCommand(session, { ...args, returns, byUid: true });
      return ok('Search completed');
    }
    if (returns.save || returns.update || returns.context) throw bad('Not in several mailboxes');
    checkSearch(session, args);
    const names = await filteredMailboxes(session, args.filters);
    const most = session.services.settings.get('imap.maxSearchMailboxes');
    if (names.length > most) throw refuse('imap.limit', 'LIMIT', `More than ${most} mailboxes`);
    for (const name of names) await searchQuietly(session, name, { ...args, returns });
    return ok('Search completed');
  },
});

async function searchQuietly(session: ImapSession, name: MailboxName, args: MultiSearch): Promise<void> {
  try {
    await searchOne(session, name, args);
  } catch (error) {
    if (!(error instanceof Outcome) || isConnectionFailure(error)) throw error;
    session.log.debug('imap.multisearch_skipped', { code: error.code });
  }
}

async function searchOne(session: ImapSession, name: MailboxName, args: MultiSearch): Promise<void> {
  const mailbox = await session.mail.open(name);
  try {
    await mailbox.sync();
    const { uids } = await mailbox.view();
    const matches = await runSearch(session, unselectedScope(mailbox, uids), args.key, args.usesModSeq);
    // RFC 7377 2.1: a mailbox in which nothing was found gives no answer, unless the client counts.
    if (matches.uids.length === 0 && args.returns?.count !== true) return;
    writeExtendedSearch(session, args.returns ?? returnAll, {
      numbers: matches.uids,
      modSeqs: matches.modSeqs,
      relevancies: matches.relevancies,
      byUid: true,
      isSorted: false,
      source: `MAILBOX ${formatMailboxName(name, session.utf8)} UIDVALIDITY ${mailbox.uidValidity}`,
    });
    await session.flush();
  } finally {
    mailbox.close();
  }
}
