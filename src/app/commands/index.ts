// The verbs. A command's code is loaded when it is called: `tegu version` does not load the server.

import type { Command } from './command.ts';

/** One row of the table. */
export interface CommandEntry {
  readonly words: string;
  load(): Promise<Command>;
}

export const commandTable: readonly CommandEntry[] = [
  { words: 'serve', load: async () => (await import('./server.ts')).serve },
  { words: 'quickstart', load: async () => (await import('./server.ts')).quickstart },
  { words: 'status', load: async () => (await import('./server.ts')).status },
  { words: 'reload', load: async () => (await import('./server.ts')).reload },
  { words: 'domain add', load: async () => (await import('./domain.ts')).domainAdd },
  { words: 'domain set', load: async () => (await import('./domain.ts')).domainSet },
  { words: 'domain list', load: async () => (await import('./domain.ts')).domainList },
  { words: 'domain remove', load: async () => (await import('./domain.ts')).domainRemove },
  { words: 'alias add', load: async () => (await import('./alias.ts')).aliasAdd },
  { words: 'alias list', load: async () => (await import('./alias.ts')).aliasList },
  { words: 'alias remove', load: async () => (await import('./alias.ts')).aliasRemove },
  { words: 'store add', load: async () => (await import('./store.ts')).storeAdd },
  { words: 'store list', load: async () => (await import('./store.ts')).storeList },
  { words: 'store check', load: async () => (await import('./store.ts')).storeCheck },
  { words: 'store remove', load: async () => (await import('./store.ts')).storeRemove },
  { words: 'user add', load: async () => (await import('./user.ts')).userAdd },
  { words: 'user set', load: async () => (await import('./user.ts')).userSet },
  { words: 'user passwd', load: async () => (await import('./user.ts')).userPasswd },
  { words: 'user list', load: async () => (await import('./user.ts')).userList },
  { words: 'user remove', load: async () => (await import('./user.ts')).userRemove },
  { words: 'user import', load: async () => (await import('./user-import.ts')).userImport },
  { words: 'shared list', load: async () => (await import('./shared.ts')).sharedList },
  { words: 'shared create', load: async () => (await import('./shared.ts')).sharedCreate },
  { words: 'shared remove', load: async () => (await import('./shared.ts')).sharedRemove },
  { words: 'shared grant', load: async () => (await import('./shared.ts')).sharedGrant },
  { words: 'shared revoke', load: async () => (await import('./shared.ts')).sharedRevoke },
  { words: 'shared rebuild', load: async () => (await import('./shared.ts')).sharedRebuild },
  { words: 'config get', load: async () => (await import('./config.ts')).configGet },
  { words: 'config set', load: async () => (await import('./config.ts')).configSet },
  { words: 'config export', load: async () => (await import('./config.ts')).configExport },
  { words: 'config import', load: async () => (await import('./config.ts')).configImport },
  { words: 'config history', load: async () => (await import('./config.ts')).configHistory },
  { words: 'config rollback', load: async () => (await import('./config.ts')).configRollback },
  { words: 'explain rcpt', load: async () => (await import('./explain.ts')).explainRcpt },
  { words: 'version', load: async () => (await import('./server.ts')).version },
];
