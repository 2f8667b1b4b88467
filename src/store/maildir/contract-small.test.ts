// The contract once more on the thread pool, with slices, caches and pools so small that every loop over slices turns,
// columns are read again at each use, and the index is closed whenever another account is used.

process.env.TEGU_IO = 'threads';
const { mailStoreContract } = await import('../contract.ts');
const { openTemporaryStore } = await import('./fixture.ts');

mailStoreContract('maildir, threads, smallest slices and caches', (t) =>
  openTemporaryStore(t, {
    'store.sliceRows': 3,
    'store.rowCacheBytes': 1,
    'store.openIndexes': 1,
    'store.rescanMinMs': 0,
    'store.rescanCostFactor': 0,
    'store.fileConcurrency': 2,
  }),
);
