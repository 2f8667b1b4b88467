// GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208). One root holds all mail of an account; only administrators set limits, in
// the settings and user sources, never over IMAP.

import type { MailboxName } from '../../base/brands.ts';
import { refuse } from '../../proto/imap/fault.ts';
import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import { afterLogin, command, no, ok } from '../command.ts';
import type { ImapSession } from '../session.ts';

/** The account's one quota root, as clients show it. */
const rootName = 'Mail';
/** RFC 9208 5.1: STORAGE counts units of 1024 octets. */
const unitBytes = 1024;

async function writeQuota(session: ImapSession): Promise<void> {
  const quota = await session.mail.quota();
  const resources: string[] = [];
  if (quota.limitBytes > 0) {
    const used = Math.ceil(quota.usedBytes / unitBytes);
    resources.push(`STORAGE ${used} ${Math.floor(quota.limitBytes / unitBytes)}`);
  }
  if (quota.limitMessages > 0) resources.push(`MESSAGE ${quota.usedMessages} ${quota.limitMessages}`);
  session.untagged(`QUOTA "${rootName}" (${resources.join(' ')})`);
}

export const getQuota = command<string>({
  name: 'GETQUOTA',
  states: afterLogin,
  announce: 'all',
  capability: 'QUOTA',
  parse(tokens) {
    tokens.expectSpace('quota root');
    const root = tokens.expectAstring('quota root').toString('latin1');
    tokens.expectEnd();
    return root;
  },
  async run(session, root) {
    if (root !== rootName) throw refuse('imap.quota_root', 'NONEXISTENT', 'No such quota root');
    await writeQuota(session);
    return ok('GETQUOTA completed');
  },
});

export const getQuotaRoot = command<MailboxName>({
  name: 'GETQUOTAROOT',
  states: afterLogin,
  announce: 'all',
  capability: 'QUOTA',
  parse(tokens) {
    tokens.expectSpace('mailbox name');
    const name = tokens.expectMailbox();
    tokens.expectEnd();
    return name;
  },
  async run(session, name) {
    // RFC 9208 4.1.3: the mailbox need not exist; what would be made there would count here.
    session.untagged(`QUOTAROOT ${formatMailboxName(name, session.utf8)} "${rootName}"`);
    await writeQuota(session);
    return ok('GETQUOTAROOT completed');
  },
});

export const setQuota = command({
  name: 'SETQUOTA',
  states: afterLogin,
  announce: 'all',
  capability: 'QUOTA',
  parse(tokens) {
    tokens.expectSpace('quota root');
    tokens.expectAstring('quota root');
    tokens.expectSpace('resource list');
    tokens.expectOpen('resource list');
    while (!tokens.takeClose()) {
      tokens.expectKeyword('resource');
      tokens.expectSpace('limit');
      tokens.expectNumber('limit');
      tokens.takeSpace();
    }
    tokens.expectEnd();
    return undefined;
  },
  async run() {
    return no('Quotas are set by the administrator', 'NOPERM');
  },
});
