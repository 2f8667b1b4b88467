// GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208). One root holds all mail of an account: `Mail` is the user's own, that of
// another account bears its address, as GETQUOTAROOT of a shared mailbox tells.
//
// Only administrators set limits (QUOTASET), in the source that knows the user; the server refuses when that source cannot
// be written. Resources that SETQUOTA does not name keep their limits, an empty list removes all of them.

import type { DomainName, MailboxName } from '../../base/brands.ts';
import { bad, refuse } from '../../proto/imap/fault.ts';
import { formatMailboxName } from '../../proto/imap/mailbox-name.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { quotedText } from '../../proto/imap/value-string.ts';
import { accountRef } from '../../routing/account-ref.ts';
import type { QuotaUsage } from '../../store/mail-store.ts';
import { afterLogin, command, ok } from '../command.ts';
import type { QuotaLimits } from '../services.ts';
import type { ImapSession } from '../session.ts';

/** The account's own quota root, as clients show it. */
const ownRoot = 'Mail';
/** RFC 9208 5.1: STORAGE counts units of 1024 octets. */
const unitBytes = 1024;

const rootOf = (session: ImapSession, account: string): string =>
  account === session.account.address ? ownRoot : account;

function writeQuota(session: ImapSession, root: string, quota: QuotaUsage): void {
  const resources: string[] = [];
  if (quota.limitBytes > 0) {
    const used = Math.ceil(quota.usedBytes / unitBytes);
    resources.push(`STORAGE ${used} ${Math.floor(quota.limitBytes / unitBytes)}`);
  }
  if (quota.limitMessages > 0) resources.push(`MESSAGE ${quota.usedMessages} ${quota.limitMessages}`);
  if (quota.limitMailboxes > 0) resources.push(`MAILBOX ${quota.usedMailboxes} ${quota.limitMailboxes}`);
  session.untagged('QUOTA ', Buffer.from(quotedText(root)), ` (${resources.join(' ')})`);
}

const noRoot = () => refuse('imap.quota_root', 'NONEXISTENT', 'No such quota root');

/** Usage of an account by its address, for administrators. */
async function usageOf(session: ImapSession, address: string): Promise<QuotaUsage> {
  const { directory, settings, stores } = session.services;
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1) as DomainName;
  if (at < 1 || settings.current.domain(domain) === undefined) throw noRoot();
  const account = await directory.resolve(domain, address.slice(0, at));
  if (account?.address !== address) throw noRoot();
  const mail = await stores(domain).openAccount(accountRef(account, settings.current));
  try {
    return await mail.quota();
  } finally {
    mail.close();
  }
}

function expectRoot(tokens: TokenReader): string {
  tokens.expectSpace('quota root');
  return tokens.expectAstring('quota root').toString('utf8');
}

export const getQuota = command<string>({
  name: 'GETQUOTA',
  states: afterLogin,
  announce: 'all',
  capability: 'QUOTA',
  parse(tokens) {
    const root = expectRoot(tokens);
    tokens.expectEnd();
    return root;
  },
  async run(session, root) {
    if (root === ownRoot) writeQuota(session, root, await session.mail.quota());
    else if (session.account.admin) writeQuota(session, root, await usageOf(session, root));
    else throw noRoot();
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
    const { account, usage } = await session.mail.quotaRoot(name);
    const root = rootOf(session, account);
    session.untagged(`QUOTAROOT ${formatMailboxName(name, session.utf8)} `, Buffer.from(quotedText(root)));
    writeQuota(session, root, usage);
    return ok('GETQUOTAROOT completed');
  },
});

interface SetQuotaArguments {
  readonly root: string;
  readonly limits: ReadonlyMap<string, number>;
}

/** Factor from the number of a resource to what is kept. */
const resources: ReadonlyMap<string, { readonly member: keyof QuotaLimits; readonly unit: number }> = new Map(
  [
    ['STORAGE', { member: 'quotaBytes', unit: unitBytes }],
    ['MESSAGE', { member: 'quotaMessages', unit: 1 }],
    ['MAILBOX', { member: 'quotaMailboxes', unit: 1 }],
  ],
);

function parseSetQuota(tokens: TokenReader): SetQuotaArguments {
  const root = expectRoot(tokens);
  tokens.expectSpace('resource list');
  const limits = new Map<string, number>();
  const resource = (): void => {
    const name = tokens.expectKeyword('resource');
    tokens.expectSpace('limit');
    // RFC 9208 7: a number64.
    const limit = tokens.expectModSeq('limit');
    if (limits.has(name)) throw bad('The same resource twice');
    limits.set(name, limit);
  };
  tokens.expectList('resource list', resource, true);
  tokens.expectEnd();
  return { root, limits };
}

/** Members to change; all of them to 0, which means none, for an empty list. */
function limitsOf(asked: ReadonlyMap<string, number>): QuotaLimits {
  if (asked.size === 0) return { quotaBytes: 0, quotaMessages: 0, quotaMailboxes: 0 };
  const limits: { -readonly [K in keyof QuotaLimits]: QuotaLimits[K] } = {};
  for (const [name, limit] of asked) {
    const row = resources.get(name);
    if (row === undefined) throw refuse('imap.quota_resource', 'CANNOT', 'No such resource');
    const value = limit * row.unit;
    // 0 means no limit in every place where limits are kept; what a client asks for is the opposite.
    if (limit === 0 || !Number.isSafeInteger(value))
      throw refuse('imap.quota_limit', 'CANNOT', 'The limit is not possible');
    limits[row.member] = value;
  }
  return limits;
}

export const setQuota = command<SetQuotaArguments>({
  name: 'SETQUOTA',
  states: afterLogin,
  announce: 'all',
  capability: 'QUOTA',
  parse: parseSetQuota,
  async run(session, { root, limits }) {
    const { account, services } = session;
    if (!account.admin || !session.isOn('QUOTASET')) {
      throw refuse('imap.quota_right', 'NOPERM', 'Quotas are set by administrators');
    }
    const address = root === ownRoot ? account.address : root;
    const members = limitsOf(limits);
    const before = await usageOf(session, address);
    if (!(await services.setQuota(address, members))) {
      throw refuse('imap.quota_source', 'NOPERM', 'The limits of this user are kept elsewhere');
    }
    session.log.info('imap.quota_set', { user: address, ...members });
    // RFC 9208 4.1.2: the limits as they are now.
    writeQuota(session, root, {
      ...before,
      limitBytes: members.quotaBytes ?? before.limitBytes,
      limitMessages: members.quotaMessages ?? before.limitMessages,
      limitMailboxes: members.quotaMailboxes ?? before.limitMailboxes,
    });
    return ok('SETQUOTA completed');
  },
});
