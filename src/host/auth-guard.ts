// Slows down and bans addresses that guess passwords. Shared by all protocols; state is told to other workers over a
// callback pair so that this file knows no bus.
//
// The same wrong password sent again and again (one stale phone behind NAT) counts once: it is a mistake, not a search.

/** What a protocol does with an attempt. */
export interface AuthGuard {
  /** True while the address is banned; the protocol refuses before any command. */
  isBanned(address: string): boolean;
  /** How long to wait before answering this failure; records it. `secretTag` = keyed hash of login and password. */
  failed(address: string, login: string, secretTag: string): number;
  /** A success forgives earlier failures of that login from that address. */
  succeeded(address: string, login: string): void;
  /** Keyed hash (per process start key shared by workers) of login and password, safe to pass to other workers. */
  secretTag(login: string, password: string): string;
}
