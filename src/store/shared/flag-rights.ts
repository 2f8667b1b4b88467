// Which flags somebody may change: `t` \Deleted, `s` \Seen, `w` all others (RFC 4314 4). Pure.

import type { Right, Rights } from '../acl.ts';

/** The right that changing a flag needs. */
export function rightOfFlag(flag: string): Right {
  const name = flag.toLowerCase();
  return name === '\\seen' ? 's' : name === '\\deleted' ? 't' : 'w';
}

export const mayChange = (rights: Rights, flag: string): boolean => rights.has(rightOfFlag(flag));

/** True when every flag may be changed. */
export const mayChangeAll = (rights: Rights): boolean =>
  rights.has('s') && rights.has('t') && rights.has('w');
