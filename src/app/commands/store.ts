// tegu store add|list|check|remove: the data stores that domains name.

import { Permanent } from '../../base/outcome.ts';
import { mainStore } from '../../settings/document-check.ts';
import { withoutStore, withStore } from '../../settings/edit.ts';
import type { StoreSettings } from '../../settings/settings.ts';
import type { Site } from '../site.ts';
import { checkMaildirPlace } from '../store-check.ts';
import { sizeText, tableText } from '../table-text.ts';
import { argument, type Command, exitCodes, noteHelp, noteOption, textOption } from './command.ts';

export const storeAdd: Command = {
  words: 'store add',
  usage: 'NAME ADDRESS',
  summary: 'add a data store, e.g. store add archive maildir:/srv/archive',
  help: ['The place is checked first, and its directory created.', noteHelp],
  options: noteOption,
  arguments: [2, 2],
  async run(line, site) {
    const [name, address] = [argument(line, 0), argument(line, 1)];
    const note = textOption(line, 'note') ?? `store add ${name}`;
    const revision = await site.edit(note, withStore({ name, address }));
    const check = await checkMaildirPlace(pathOf(address));
    const warning = check.ok ? '' : `\nwarning: ${check.problem}`;
    return {
      json: { store: name, revision, check },
      text: `store ${name} added (revision ${revision})${warning}`,
    };
  },
};

export const storeList: Command = {
  words: 'store list',
  usage: '',
  summary: 'show all data stores with their domains',
  help: [],
  options: {},
  arguments: [0, 0],
  async run(_line, site) {
    const { document } = await site.document();
    const stores = (await allStores(site)).map((store) => ({
      ...store,
      domains: document.domains.filter((domain) => domain.store === store.name).map((domain) => domain.name),
    }));
    const rows = stores.map((store) => [store.name, store.address, store.domains.join(', ')]);
    return { json: stores, text: tableText(rows, ['STORE', 'ADDRESS', 'DOMAINS']) };
  },
};

export const storeRemove: Command = {
  words: 'store remove',
  usage: 'NAME',
  summary: 'forget a data store that no domain uses; its files stay',
  help: [noteHelp],
  options: noteOption,
  arguments: [1, 1],
  async run(line, site) {
    const name = argument(line, 0);
    const { document } = await site.document();
    const users = document.domains.filter((domain) => domain.store === name).map((domain) => domain.name);
    if (users.length > 0) throw new Permanent('admin.in_use', `${name} is the store of ${users.join(', ')}`);
    const revision = await site.edit(textOption(line, 'note') ?? `store remove ${name}`, withoutStore(name));
    return { json: { store: name, revision }, text: `store ${name} removed (revision ${revision})` };
  },
};

export const storeCheck: Command = {
  words: 'store check',
  usage: '[NAME...]',
  summary: 'write, sync, read and remove a file in data stores; exit code 1 when one fails',
  help: [],
  options: {},
  arguments: [0, 1000],
  async run(line, site) {
    const stores = await allStores(site);
    for (const name of line.positionals) {
      if (!stores.some((store) => store.name === name))
        throw new Permanent('settings.not_found', `there is no store ${name}`);
    }
    const checks = [];
    for (const store of stores) {
      if (line.positionals.length > 0 && !line.positionals.includes(store.name)) continue;
      checks.push({ ...store, ...(await checkMaildirPlace(pathOf(store.address))) });
    }
    const rows = checks.map((check) =>
      check.ok
        ? [check.name, 'ok', `${check.durableWriteMs.toFixed(1)} ms for a durable write`, freeText(check)]
        : [check.name, 'FAILED', check.problem, ''],
    );
    return {
      json: checks,
      text: tableText(rows),
      exitCode: checks.every((check) => check.ok) ? exitCodes.ok : exitCodes.failed,
    };
  },
};

/** All stores, the one of tegu.conf first. */
async function allStores(site: Site): Promise<readonly StoreSettings[]> {
  const [{ document }, configuration] = [await site.document(), await site.configuration()];
  return [{ name: mainStore, address: configuration.dataStore }, ...document.stores];
}

function pathOf(address: string): string {
  return address.slice(address.indexOf(':') + 1);
}

function freeText(check: { readonly freeBytes: number; readonly freeFiles: number }): string {
  return `${sizeText(check.freeBytes)} and ${check.freeFiles} files free`;
}
