// tegu shared list|create|remove|grant|revoke|rebuild: the public folders of domains, and the list of who shares with whom.
//
// They work on the data store itself, beside a running server, whose sessions look at access lists before every change and
// before they tell news.

import type { MailboxName } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { readUserFile } from '../../directory/json/user-file.ts';
import { silentLog } from '../../host/log.ts';
import { normaliseInbox } from '../../proto/imap/mailbox-name.ts';
import { mainStore } from '../../settings/document-check.ts';
import { withChangedDomain } from '../../settings/edit.ts';
import type { DomainSettings } from '../../settings/settings.ts';
import { formatRights, normalIdentifier, parseRights, type Rights } from '../../store/acl.ts';
import type { MailAccount, MailStore } from '../../store/mail-store.ts';
import { openMaildirStore } from '../../store/maildir/store.ts';
import { publicRef } from '../../store/shared/owners.ts';
import type { Site } from '../site.ts';
import { tableText } from '../table-text.ts';
import { argument, type Command, type CommandLine, flagOption, textOption, UsageError } from './command.ts';
import { domainArgument } from './domain.ts';

const denyOption = { deny: { type: 'boolean' } } as const;

/** Words for usual sets of rights. */
const rightWords: Readonly<Record<string, string>> = {
  read: 'lrs',
  post: 'lrsip',
  write: 'lrswite',
  full: 'lrswipkxtea',
};

export const sharedList: Command = {
  words: 'shared list',
  usage: '[DOMAIN]',
  summary: 'show the public folders with their rights',
  help: [],
  options: {},
  arguments: [0, 1],
  async run(line, site) {
    const only = line.positionals.length === 0 ? undefined : domainArgument(line);
    const { document } = await site.document();
    const folders: { domain: string; folder: string; rights: Record<string, string> }[] = [];
    for (const domain of document.domains) {
      if (domain.publicFolders === undefined || (only !== undefined && domain.name !== only)) continue;
      const found = await withPublic(site, domain, async (account) => {
        const rows = [];
        for (const { name, selectable } of await account.mailboxes()) {
          if (!selectable || name === 'INBOX') continue;
          const entries = await account.acl(name);
          const rights = Object.fromEntries(
            entries.map((entry) => [entry.identifier, formatRights(entry.rights)]),
          );
          rows.push({ domain: domain.name, folder: name, rights });
        }
        return rows;
      });
      folders.push(...found);
    }
    const rows = folders.map(({ domain, folder, rights }) => [
      domain,
      folder,
      Object.entries(rights)
        .map((pair) => pair.join(' '))
        .join(', '),
    ]);
    return {
      json: folders,
      text: rows.length === 0 ? 'no public folders' : tableText(rows, ['DOMAIN', 'FOLDER', 'RIGHTS']),
    };
  },
};

export const sharedCreate: Command = {
  words: 'shared create',
  usage: 'DOMAIN FOLDER [--account LOCALPART]',
  summary: 'make a public folder; nobody but administrators sees it before rights are granted',
  help: ['--account LOCALPART  where the first folder of a domain makes its account (default: public)'],
  options: { account: { type: 'string' } },
  arguments: [2, 2],
  async run(line, site) {
    const folder = folderArgument(line);
    const domain = await publicDomain(site, line, textOption(line, 'account') ?? 'public');
    await withPublic(site, domain, (account) => account.create(folder));
    return { json: { domain: domain.name, folder }, text: `public folder ${folder} of ${domain.name} made` };
  },
};

export const sharedRemove: Command = {
  words: 'shared remove',
  usage: 'DOMAIN FOLDER',
  summary: 'remove a public folder with its mail',
  help: [],
  options: {},
  arguments: [2, 2],
  async run(line, site) {
    const folder = folderArgument(line);
    const domain = await publicDomain(site, line);
    await withPublic(site, domain, (account) => account.delete(folder));
    return {
      json: { domain: domain.name, folder },
      text: `public folder ${folder} of ${domain.name} removed`,
    };
  },
};

export const sharedGrant: Command = {
  words: 'shared grant',
  usage: 'DOMAIN FOLDER WHO RIGHTS [--deny]',
  summary: 'give rights on a public folder',
  help: [
    'WHO                  user@domain, $group, anyone',
    '--deny               take these rights away from WHO, whoever else gives them',
    'RIGHTS               read, post, write, full, or letters of RFC 4314: lrswipkxtea',
  ],
  options: denyOption,
  arguments: [4, 4],
  async run(line, site) {
    const [folder, who] = [folderArgument(line), identifierArgument(line)];
    const rights = rightsArgument(argument(line, 3));
    const domain = await publicDomain(site, line);
    await withPublic(site, domain, (account) => account.setAcl(folder, who, rights));
    const letters = formatRights(rights);
    return {
      json: { domain: domain.name, folder, identifier: who, rights: letters },
      text: `${who} has ${letters} on ${folder} of ${domain.name}`,
    };
  },
};

export const sharedRevoke: Command = {
  words: 'shared revoke',
  usage: 'DOMAIN FOLDER WHO [--deny]',
  summary: 'remove somebody from the access list of a public folder',
  help: ['--deny               remove what was denied with grant --deny'],
  options: denyOption,
  arguments: [3, 3],
  async run(line, site) {
    const [folder, who] = [folderArgument(line), identifierArgument(line)];
    const domain = await publicDomain(site, line);
    await withPublic(site, domain, (account) => account.setAcl(folder, who, undefined));
    return {
      json: { domain: domain.name, folder, identifier: who },
      text: `${who} has no entry on ${folder} of ${domain.name} any more`,
    };
  },
};

export const sharedRebuild: Command = {
  words: 'shared rebuild',
  usage: '',
  summary: 'read all access lists again, after mail with its dovecot-acl files was copied into a store',
  help: [],
  options: {},
  arguments: [0, 0],
  async run(_line, site) {
    const { document } = await site.document();
    const names = [mainStore, ...document.stores.map(({ name }) => name)];
    const counts: [string, number][] = [];
    for (const name of names)
      counts.push([name, await withStoreOf(site, name, (store) => store.rebuildShares())]);
    return {
      json: Object.fromEntries(counts),
      text: tableText(
        counts.map(([name, count]) => [name, String(count)]),
        ['STORE', 'SHARED MAILBOXES'],
      ),
    };
  },
};

function folderArgument(line: CommandLine): MailboxName {
  const name = normaliseInbox(argument(line, 1));
  if (name === 'INBOX') throw new UsageError('INBOX cannot be a public folder');
  return name as MailboxName;
}

function identifierArgument(line: CommandLine): string {
  const written = argument(line, 2);
  const identifier = normalIdentifier(written);
  if (identifier === undefined || identifier.startsWith('-') || identifier === 'owner')
    throw new UsageError(`expected user@domain, $group or anyone, got ${written}`);
  return flagOption(line, 'deny') ? `-${identifier}` : identifier;
}

function rightsArgument(written: string): Rights {
  const rights = parseRights(rightWords[written] ?? written);
  if (rights === undefined || rights.size === 0)
    throw new UsageError(`expected read, post, write, full or letters of lrswipkxtea, got ${written}`);
  return rights;
}

/** The domain of the first argument; with `account` it gets its account for public folders when it has none. */
async function publicDomain(site: Site, line: CommandLine, account?: string): Promise<DomainSettings> {
  const name = domainArgument(line);
  const find = async (): Promise<DomainSettings> => {
    const { document } = await site.document();
    const domain = document.domains.find((one) => one.name === name);
    if (domain === undefined) throw new Permanent('settings.not_found', `there is no domain ${name}`);
    return domain;
  };
  const domain = await find();
  if (domain.publicFolders !== undefined) return domain;
  if (account === undefined)
    throw new Permanent(
      'settings.not_found',
      `${name} has no public folders: tegu shared create ${name} FOLDER`,
    );
  const users = await readUserFile((await site.paths()).users);
  const address = `${account}@${name}`;
  if (users.some((user) => user.address === address || user.aliases?.includes(address)))
    throw new Permanent('admin.user_exists', `${address} is a user; name another account with --account`);
  await site.edit(
    `public folders of ${name}`,
    withChangedDomain(name, (one) => ({ ...one, publicFolders: account })),
  );
  return await find();
}

function withPublic<T>(
  site: Site,
  domain: DomainSettings,
  work: (account: MailAccount) => Promise<T>,
): Promise<T> {
  return withStoreOf(site, domain.store, async (store) => {
    const account = await store.openAccount(publicRef(`${domain.publicFolders}@${domain.name}`));
    try {
      return await work(account);
    } finally {
      account.close();
    }
  });
}

async function withStoreOf<T>(site: Site, name: string, work: (store: MailStore) => Promise<T>): Promise<T> {
  const [settings, configuration] = [await site.snapshot(), await site.configuration()];
  const address =
    name === mainStore ? configuration.dataStore : settings.stores.find((one) => one.name === name)?.address;
  if (address === undefined) throw new Permanent('settings.not_found', `there is no store ${name}`);
  const store = openMaildirStore({ name, address, settings, bus: { publish: () => {} }, log: silentLog });
  try {
    await store.check();
    return await work(store);
  } finally {
    await store.close();
  }
}
