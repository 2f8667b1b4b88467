// tegu user add|set|passwd|list|remove: the users of users.json.

import { Permanent } from '../../base/outcome.ts';
import type { PasswordFields } from '../../directory/json/password-fields.ts';
import { isFor } from '../../directory/json/scram-record.ts';
import { editUserFile, readUserFile } from '../../directory/json/user-file.ts';
import { isGroup, type UserRecord } from '../../directory/json/user-record.ts';
import { normalAddress } from '../../proto/address/mailbox.ts';
import { firstLine, generatePassword, readPassword } from '../password-input.ts';
import type { Site } from '../site.ts';
import { isVerifiableHash } from '../stored-hash.ts';
import { sizeText, tableText } from '../table-text.ts';
import { addressArgument } from './alias.ts';
import {
  argument,
  type Command,
  type CommandLine,
  flagOption,
  listOption,
  textOption,
  UsageError,
} from './command.ts';
import { domainArgument, sizeArgument } from './domain.ts';

const passwordOptions = { generate: { type: 'boolean' }, hashed: { type: 'boolean' } } as const;
const passwordHelp = [
  'The password is asked for, or read as one line from standard input.',
  '--generate           make one up and print it',
  '--hashed             standard input holds a hash ($argon2id$, $6$, $2y$, $y$, {SSHA512} ...)',
];
const factOptions = {
  name: { type: 'string' },
  quota: { type: 'string' },
  messages: { type: 'string' },
  mailboxes: { type: 'string' },
  admin: { type: 'boolean' },
  'no-admin': { type: 'boolean' },
  enable: { type: 'boolean' },
  disable: { type: 'boolean' },
} as const;
const factHelp = [
  '--name TEXT          display name',
  "--quota SIZE         e.g. 2G; 0 = no limit, '' = that of the domain",
  "--messages N         most messages; 0 = no limit, '' = that of the domain",
  "--mailboxes N        most mailboxes; 0 = no limit, '' = that of the domain",
  '--admin, --no-admin  may use the administration interfaces, or not',
  '--enable, --disable  may log in, or not; mail is received in both cases',
];

export const userAdd: Command = {
  words: 'user add',
  usage: 'ADDRESS [options]',
  summary: 'add a user',
  help: [
    ...passwordHelp,
    '--no-password        the user cannot log in until one is set',
    '--alias ADDRESS      further address; may be repeated',
    '--group NAME         group of the user, for access lists; may be repeated',
    ...factHelp,
  ],
  options: {
    ...passwordOptions,
    ...factOptions,
    'no-password': { type: 'boolean' },
    alias: { type: 'string', multiple: true },
    group: { type: 'string', multiple: true },
  },
  arguments: [1, 1],
  async run(line, site) {
    const address = userArgument(line);
    const aliases = listOption(line, 'alias').map((alias) => normalAddress(addressArgument(alias)));
    const groups = groupsOf(line, 'group');
    const facts = factsOf(line);
    await expectDomains(site, [address, ...aliases]);
    await expectFree(site, address);
    const given: Partial<GivenPassword> = flagOption(line, 'no-password')
      ? {}
      : await passwordOf(line, site, address);
    const user: UserRecord = {
      address,
      ...(aliases.length === 0 ? {} : { aliases }),
      ...(groups.length === 0 ? {} : { groups }),
      ...given.fields,
      ...definedOnly(facts),
    };
    await editUserFile((await site.paths()).users, (users) => {
      if (users.some((one) => one.address === address)) throw taken(address);
      return [[...users, user], undefined];
    });
    await site.notify('directory');
    return answer(`user ${address} added`, { address }, given.shown);
  },
};

export const userSet: Command = {
  words: 'user set',
  usage: 'ADDRESS [options]',
  summary: 'change what is known of a user',
  help: [
    '--add-alias ADDRESS, --remove-alias ADDRESS   may be repeated',
    '--add-group NAME, --remove-group NAME         may be repeated',
    ...factHelp,
  ],
  options: {
    ...factOptions,
    'add-alias': { type: 'string', multiple: true },
    'remove-alias': { type: 'string', multiple: true },
    'add-group': { type: 'string', multiple: true },
    'remove-group': { type: 'string', multiple: true },
  },
  arguments: [1, 1],
  async run(line, site) {
    const address = userArgument(line);
    const facts = factsOf(line);
    const added = listOption(line, 'add-alias').map((alias) => normalAddress(addressArgument(alias)));
    const removed = listOption(line, 'remove-alias').map((alias) => normalAddress(addressArgument(alias)));
    const [addedGroups, removedGroups] = [groupsOf(line, 'add-group'), groupsOf(line, 'remove-group')];
    const changes = added.length + removed.length + addedGroups.length + removedGroups.length;
    if (Object.keys(facts).length + changes === 0) throw new UsageError('nothing to change was given');
    await expectDomains(site, added);
    await changeUser(site, address, (user) => {
      const missing = removed.find((alias) => !user.aliases?.includes(alias));
      if (missing !== undefined) throw new Permanent('admin.no_user', `${address} has no alias ${missing}`);
      const kept = (user.aliases ?? []).filter((alias) => !removed.includes(alias));
      const aliases = [...new Set([...kept, ...added])];
      const keptGroups = (user.groups ?? []).filter((group) => !removedGroups.includes(group));
      const groups = [...new Set([...keptGroups, ...addedGroups])];
      return definedOnly({
        ...user,
        aliases: aliases.length === 0 ? undefined : aliases,
        groups: groups.length === 0 ? undefined : groups,
        ...facts,
      });
    });
    return answer(`user ${address} changed`, { address });
  },
};

export const userPasswd: Command = {
  words: 'user passwd',
  usage: 'ADDRESS [--generate|--hashed]',
  summary: 'set the password of a user',
  help: passwordHelp,
  options: passwordOptions,
  arguments: [1, 1],
  async run(line, site) {
    const address = userArgument(line);
    const users = await readUserFile((await site.paths()).users);
    if (!users.some((user) => user.address === address)) throw unknown(address);
    const { fields, shown } = await passwordOf(line, site, address);
    // A verifier of the old password goes with it.
    await changeUser(site, address, ({ scram: _, ...user }) => ({ ...user, ...fields }));
    return answer(`password of ${address} changed`, { address }, shown);
  },
};

export const userList: Command = {
  words: 'user list',
  usage: '[DOMAIN]',
  summary: 'show users',
  help: [],
  options: {},
  arguments: [0, 1],
  async run(line, site) {
    const domain = line.positionals.length === 0 ? undefined : domainArgument(line);
    const users = (await readUserFile((await site.paths()).users)).filter(
      (user) => domain === undefined || user.address.endsWith(`@${domain}`),
    );
    const rows = users.map((user) => [
      user.address,
      user.name ?? '',
      user.quotaBytes === undefined ? '' : user.quotaBytes === 0 ? 'no limit' : sizeText(user.quotaBytes),
      [
        ...(user.admin === true ? ['admin'] : []),
        ...(user.enabled === false ? ['disabled'] : []),
        ...(user.password === undefined ? ['no password'] : []),
      ].join(', '),
      (user.aliases ?? []).join(', '),
      (user.groups ?? []).join(', '),
    ]);
    return {
      json: users.map(({ password, scram, ...rest }) => ({
        ...rest,
        hasPassword: password !== undefined,
        hasScram: password !== undefined && isFor(scram, password),
      })),
      text:
        rows.length === 0
          ? 'no users'
          : tableText(rows, ['ADDRESS', 'NAME', 'QUOTA', 'STATE', 'ALIASES', 'GROUPS']),
    };
  },
};

export const userRemove: Command = {
  words: 'user remove',
  usage: 'ADDRESS',
  summary: 'remove a user; the mail stays on disk',
  help: [],
  options: {},
  arguments: [1, 1],
  async run(line, site) {
    const address = userArgument(line);
    await editUserFile((await site.paths()).users, (users) => {
      const rest = users.filter((user) => user.address !== address);
      if (rest.length === users.length) throw unknown(address);
      return [rest, undefined];
    });
    await site.notify('directory');
    return answer(`user ${address} removed`, { address });
  },
};

/** Users whose domain this server does not serve would never get mail: refused. */
export async function expectDomains(site: Site, addresses: readonly string[]): Promise<void> {
  const { document } = await site.document();
  const known = new Set<string>(document.domains.map((domain) => domain.name));
  for (const address of addresses) {
    const domain = address.slice(address.lastIndexOf('@') + 1);
    if (!known.has(domain))
      throw new Permanent(
        'settings.not_found',
        `${domain} is no domain of this server: tegu domain add ${domain}`,
      );
  }
}

/** Before a password is asked for. */
async function expectFree(site: Site, address: string): Promise<void> {
  const users = await readUserFile((await site.paths()).users);
  if (users.some((user) => user.address === address)) throw taken(address);
}

async function changeUser(
  site: Site,
  address: string,
  change: (user: UserRecord) => UserRecord,
): Promise<void> {
  await editUserFile((await site.paths()).users, (users) => {
    if (!users.some((user) => user.address === address)) throw unknown(address);
    return [users.map((user) => (user.address === address ? change(user) : user)), undefined];
  });
  await site.notify('directory');
}

interface GivenPassword {
  readonly fields: PasswordFields;
  /** A password that was made up and must be shown. */
  readonly shown?: string;
}

async function passwordOf(line: CommandLine, site: Site, address: string): Promise<GivenPassword> {
  if (flagOption(line, 'hashed')) {
    if (flagOption(line, 'generate')) throw new UsageError('--generate and --hashed exclude each other');
    const hash = (await firstLine(line.terminal.stdin)).trim();
    if (!isVerifiableHash(hash))
      throw new Permanent('admin.bad_password', 'standard input holds no password hash that can be checked');
    // SCRAM needs the password itself: it does not work with a hash from elsewhere.
    return { fields: { password: hash } };
  }
  if (!flagOption(line, 'generate'))
    return { fields: await site.passwordFields(await readPassword(address, line.terminal)) };
  const shown = generatePassword();
  return { fields: await site.passwordFields(shown), shown };
}

type Facts = {
  readonly [K in 'name' | 'quotaBytes' | 'quotaMessages' | 'quotaMailboxes' | 'admin' | 'enabled']?:
    | UserRecord[K]
    | undefined;
};

/** Facts that options state; a member that is there and undefined goes back to the default. */
function factsOf(line: CommandLine): Facts {
  const [name, quota] = ['name', 'quota'].map((option) => textOption(line, option));
  const [messages, mailboxes] = ['messages', 'mailboxes'].map((option) => {
    const given = textOption(line, option);
    if (given !== undefined && !/^[0-9]{0,15}$/.test(given))
      throw new UsageError(`--${option}: expected a number, got ${given}`);
    return given;
  });
  return {
    ...(name === undefined ? {} : { name: name === '' ? undefined : name }),
    ...(quota === undefined ? {} : { quotaBytes: quota === '' ? undefined : sizeArgument('--quota', quota) }),
    ...(messages === undefined ? {} : { quotaMessages: messages === '' ? undefined : Number(messages) }),
    ...(mailboxes === undefined ? {} : { quotaMailboxes: mailboxes === '' ? undefined : Number(mailboxes) }),
    ...switchOf(line, 'admin', 'admin', 'no-admin'),
    ...switchOf(line, 'enabled', 'enable', 'disable'),
  };
}

function groupsOf(line: CommandLine, option: string): readonly string[] {
  const names = listOption(line, option).map((name) => name.normalize('NFC').replace(/^\$/, ''));
  const wrong = names.find((name) => !isGroup(name));
  if (wrong !== undefined)
    throw new UsageError(`--${option}: expected a name of letters, digits and ._@+-, got ${wrong}`);
  return names;
}

function switchOf(line: CommandLine, member: 'admin' | 'enabled', on: string, off: string): Facts {
  if (flagOption(line, on) && flagOption(line, off))
    throw new UsageError(`--${on} and --${off} exclude each other`);
  if (flagOption(line, on)) return { [member]: true };
  return flagOption(line, off) ? { [member]: false } : {};
}

function definedOnly<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}

function userArgument(line: CommandLine): string {
  return normalAddress(addressArgument(argument(line, 0)));
}

function answer(text: string, json: object, shown?: string): { json: unknown; text: string } {
  return shown === undefined
    ? { json, text }
    : { json: { ...json, password: shown }, text: `${text}\npassword: ${shown}` };
}

const taken = (address: string): Permanent =>
  new Permanent('admin.user_exists', `there is a user ${address} already`);
const unknown = (address: string): Permanent => new Permanent('admin.no_user', `there is no user ${address}`);
