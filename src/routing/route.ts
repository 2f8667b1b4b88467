// Where a recipient's mail goes: a pure function of (settings, directory answer, address), with the steps it took.

import type { Account } from '../directory/user-source.ts';

/** By what the forward-path itself (before alias expansion) was recognised. */
export type LocalMatch = 'account' | 'alias' | 'role' | 'catch-all';

/** The decision for one forward-path. */
export type Route =
  /** Local accounts (several after alias expansion). `tag` is the part after the recipient delimiter. */
  | {
      readonly kind: 'local';
      readonly accounts: readonly Account[];
      readonly tag: string;
      /** Store of the recipient's domain; each account's mail goes to the store of the account's domain. */
      readonly store: string;
      readonly match: LocalMatch;
    }
  /** No such user in a domain of ours: 550 5.1.1. */
  | { readonly kind: 'unknown' }
  /** Not a domain of ours: relaying is refused for strangers; submission answers 550 5.7.1 until the queue exists. */
  | { readonly kind: 'remote' }
  /** A source could not answer: 451 4.3.0. */
  | { readonly kind: 'unavailable'; readonly source: string }
  /** Alias expansion loops or fans out beyond the limit: 550 5.4.6. */
  | { readonly kind: 'loop' };

/** One line of `tegu explain rcpt`. */
export interface RouteStep {
  readonly step: string;
  readonly result: string;
}

export interface RouteResult {
  readonly route: Route;
  readonly steps: readonly RouteStep[];
}
