// The Maildir adapter passes the MailStore contract, with ordinary settings and with slices so small that every loop turns.

import { mailStoreContract } from '../contract.ts';
import { openTemporaryStore } from './fixture.ts';

mailStoreContract('maildir', (t) => openTemporaryStore(t));
mailStoreContract('maildir, smallest slices and caches', (t) =>
  openTemporaryStore(t, {
    'store.sliceRows': 3,
    'store.rowCacheBytes': 1,
    'store.openIndexes': 1,
    'store.rescanMinMs': 0,
    'store.rescanCostFactor': 0,
    'store.fileConcurrency': 2,
  }),
);
