// tegu alias add|list|remove: addresses of a domain that stand for others.

import { domainToASCII } from 'node:url';
import type { DomainName } from '../../base/brands.ts';
import { Fault, Permanent } from '../../base/outcome.ts';
import { type Mailbox, normalAddress, normalLocalpart, parseMailbox } from '../../proto/address/mailbox.ts';
import { withChangedDomain } from '../../settings/edit.ts';
import { tableText } from '../table-text.ts';
import {
  argument,
  type Command,
  type CommandLine,
  noteHelp,
  noteOption,
  textOption,
  UsageError,
} from './command.ts';

export const aliasAdd: Command = {
  words: 'alias add',
  usage: 'ADDRESS TARGET...',
  summary: 'deliver mail for an address to others; replaces the targets of an existing alias',
  help: ['A copy for the user of the same address: name the address itself among the targets.', noteHelp],
  options: noteOption,
  arguments: [2, 1000],
  async run(line, site) {
    const { domain, localpart, address } = aliasArgument(line);
    const targets = line.positionals.slice(1).map((target) => normalAddress(addressArgument(target)));
    const note = textOption(line, 'note') ?? `alias add ${address}`;
    const revision = await site.edit(
      note,
      withChangedDomain(domain, (old) => ({
        ...old,
        aliases: Object.fromEntries([...Object.entries(old.aliases), [localpart, targets]]),
      })),
    );
    return {
      json: { alias: address, targets, revision },
      text: `${address} stands for ${targets.join(', ')} (revision ${revision})`,
    };
  },
};

export const aliasRemove: Command = {
  words: 'alias remove',
  usage: 'ADDRESS',
  summary: 'remove an alias',
  help: [noteHelp],
  options: noteOption,
  arguments: [1, 1],
  async run(line, site) {
    const { domain, localpart, address } = aliasArgument(line);
    const note = textOption(line, 'note') ?? `alias remove ${address}`;
    const revision = await site.edit(
      note,
      withChangedDomain(domain, (old) => {
        if (!Object.hasOwn(old.aliases, localpart))
          throw new Permanent('settings.not_found', `there is no alias ${address}`);
        const rest = Object.entries(old.aliases).filter(([name]) => name !== localpart);
        return { ...old, aliases: Object.fromEntries(rest) };
      }),
    );
    return { json: { alias: address, revision }, text: `alias ${address} removed (revision ${revision})` };
  },
};

export const aliasList: Command = {
  words: 'alias list',
  usage: '[DOMAIN]',
  summary: 'show aliases',
  help: [],
  options: {},
  arguments: [0, 1],
  async run(line, site) {
    const { document } = await site.document();
    const wanted = line.positionals[0];
    const aliases = document.domains
      .filter((domain) => wanted === undefined || domain.name === domainToASCII(wanted))
      .flatMap((domain) =>
        Object.entries(domain.aliases).map(([localpart, targets]) => ({
          alias: `${localpart}@${domain.name}`,
          targets,
        })),
      );
    const text = tableText(aliases.map(({ alias, targets }) => [alias, targets.join(', ')]));
    return { json: aliases, text: aliases.length === 0 ? 'no aliases' : text };
  },
};

/** One address, or UsageError. */
export function addressArgument(written: string): Mailbox & { readonly domain: DomainName } {
  let mailbox: Mailbox;
  try {
    mailbox = parseMailbox(written, domainToASCII);
  } catch (error) {
    if (error instanceof Fault) throw new UsageError(`${written}: ${error.message}`);
    throw error;
  }
  const { domain } = mailbox;
  if (domain === undefined) throw new UsageError(`${written}: expected an address user@domain`);
  return { ...mailbox, domain };
}

function aliasArgument(line: CommandLine): { domain: DomainName; localpart: string; address: string } {
  const mailbox = addressArgument(argument(line, 0));
  return {
    domain: mailbox.domain,
    localpart: normalLocalpart(mailbox.localpart),
    address: normalAddress(mailbox),
  };
}
