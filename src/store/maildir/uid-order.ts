// UIDs as callers give them, brought into the order that the store works in.

/** The UIDs ascending, each once; `uids` itself when it is so already, which it mostly is. */
export function ascending(uids: Uint32Array): Uint32Array {
  let isAscending = true;
  for (let at = 1; at < uids.length && isAscending; at++) isAscending = (uids[at - 1] ?? 0) < (uids[at] ?? 0);
  if (isAscending) return uids;
  return uids
    .slice()
    .sort()
    .filter((uid, at, sorted) => at === 0 || sorted[at - 1] !== uid);
}
