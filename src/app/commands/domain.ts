// tegu domain add|set|list|remove: the mail domains of this server.

import { domainToASCII } from 'node:url';
import { Permanent } from '../../base/outcome.ts';
import { readUserFile } from '../../directory/json/user-file.ts';
import { normalDomain } from '../../proto/address/domain.ts';
import { mainStore } from '../../settings/document-check.ts';
import { withChangedDomain, withDomain, withoutDomain } from '../../settings/edit.ts';
import { parseSizeText } from '../../settings/parameter-value.ts';
import type { DomainSettings } from '../../settings/settings.ts';
import type { Site } from '../site.ts';
import { sizeText, tableText } from '../table-text.ts';
import {
  argument,
  type Command,
  type CommandLine,
  flagOption,
  noteHelp,
  noteOption,
  textOption,
  UsageError,
} from './command.ts';

const domainOptions = {
  store: { type: 'string' },
  quota: { type: 'string' },
  mailboxes: { type: 'string' },
  delimiter: { type: 'string' },
  'catch-all': { type: 'string' },
  ...noteOption,
} as const;
const domainHelp = [
  `--store STORE        data store of the mail (default: ${mainStore})`,
  '--quota SIZE         quota of accounts that have none of their own, e.g. 2G; 0 = none',
  '--mailboxes N        most mailboxes of accounts that have no limit of their own; 0 = that of the server',
  "--delimiter CHAR     between user and tag (default: +); '' = no tags",
  "--catch-all ADDRESS  gets mail for unknown users of the domain; '' = refuse it",
  noteHelp,
];

export const domainAdd: Command = {
  words: 'domain add',
  usage: 'DOMAIN [options]',
  summary: 'receive mail for a domain',
  help: domainHelp,
  options: domainOptions,
  arguments: [1, 1],
  async run(line, site) {
    const name = domainArgument(line);
    const fresh = {
      name,
      store: mainStore,
      aliases: {},
      catchAll: undefined,
      recipientDelimiter: '+',
      quotaBytes: 0,
    };
    const domain = { ...fresh, ...changesOf(line) };
    const revision = await site.edit(textOption(line, 'note') ?? `domain add ${name}`, withDomain(domain));
    return { json: { domain: name, revision }, text: `domain ${name} added (revision ${revision})` };
  },
};

export const domainSet: Command = {
  words: 'domain set',
  usage: 'DOMAIN [options]',
  summary: 'change a domain',
  help: domainHelp,
  options: domainOptions,
  arguments: [1, 1],
  async run(line, site) {
    const name = domainArgument(line);
    const changes = changesOf(line);
    if (Object.keys(changes).length === 0) throw new UsageError('nothing to change was given');
    const note = textOption(line, 'note') ?? `domain set ${name}`;
    const revision = await site.edit(
      note,
      withChangedDomain(name, (domain) => ({ ...domain, ...changes })),
    );
    return { json: { domain: name, revision }, text: `domain ${name} changed (revision ${revision})` };
  },
};

export const domainList: Command = {
  words: 'domain list',
  usage: '',
  summary: 'show all domains',
  help: [],
  options: {},
  arguments: [0, 0],
  async run(_line, site) {
    const { document } = await site.document();
    const rows = document.domains.map((domain) => [
      domain.name,
      domain.store,
      domain.quotaBytes === 0 ? '-' : sizeText(domain.quotaBytes),
      domain.recipientDelimiter === '' ? '-' : domain.recipientDelimiter,
      domain.catchAll ?? '-',
      String(Object.keys(domain.aliases).length),
    ]);
    const header = ['DOMAIN', 'STORE', 'QUOTA', 'TAG', 'CATCH-ALL', 'ALIASES'];
    return {
      json: document.domains.map((domain) => ({ ...domain, catchAll: domain.catchAll ?? null })),
      text: rows.length === 0 ? 'no domains' : tableText(rows, header),
    };
  },
};

export const domainRemove: Command = {
  words: 'domain remove',
  usage: 'DOMAIN [--force]',
  summary: 'stop receiving mail for a domain; its mail stays on disk',
  help: ['--force              also when users of the domain exist', noteHelp],
  options: { force: { type: 'boolean' }, ...noteOption },
  arguments: [1, 1],
  async run(line, site) {
    const name = domainArgument(line);
    if (!flagOption(line, 'force')) await expectNoUsers(site, name);
    const revision = await site.edit(
      textOption(line, 'note') ?? `domain remove ${name}`,
      withoutDomain(name),
    );
    return { json: { domain: name, revision }, text: `domain ${name} removed (revision ${revision})` };
  },
};

/** The first argument in normal form. */
export function domainArgument(line: CommandLine): DomainSettings['name'] {
  const written = argument(line, 0);
  const name = normalDomain(written, domainToASCII);
  if (name === undefined) throw new UsageError(`${written} is no domain name`);
  return name;
}

async function expectNoUsers(site: Site, name: string): Promise<void> {
  const users = await readUserFile((await site.paths()).users);
  const count = users.filter((user) => user.address.endsWith(`@${name}`)).length;
  if (count > 0)
    throw new Permanent('admin.in_use', `${count} users belong to ${name}; remove them or add --force`);
}

function changesOf(line: CommandLine): Partial<DomainSettings> {
  const [store, quota] = [textOption(line, 'store'), textOption(line, 'quota')];
  const mailboxes = textOption(line, 'mailboxes');
  if (mailboxes !== undefined && !/^[0-9]{1,9}$/.test(mailboxes))
    throw new UsageError(`--mailboxes: expected a number, got ${mailboxes}`);
  const [delimiter, catchAll] = [textOption(line, 'delimiter'), textOption(line, 'catch-all')];
  return {
    ...(store === undefined ? {} : { store }),
    ...(quota === undefined ? {} : { quotaBytes: sizeArgument('--quota', quota) }),
    ...(mailboxes === undefined ? {} : { quotaMailboxes: Number(mailboxes) }),
    ...(delimiter === undefined ? {} : { recipientDelimiter: delimiter }),
    ...(catchAll === undefined ? {} : { catchAll: catchAll === '' ? undefined : catchAll }),
  };
}

/** A size such as `2G`, or UsageError. */
export function sizeArgument(option: string, text: string): number {
  const bytes = parseSizeText(text);
  if (bytes === undefined) throw new UsageError(`${option}: expected a size such as 500M or 2G, got ${text}`);
  return bytes;
}
