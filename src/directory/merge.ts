// The Directory: several sources as one. Sources are asked in order, the first that knows an address wins.
//
// A source that is down (Transient) hides what stands behind it only for names that no earlier source knows: those cannot
// be answered with certainty, so the failure is passed on; everyone else keeps working (DESIGN promise 7).

import type { DomainName } from '../base/brands.ts';
import type { Secret } from '../base/secret.ts';
import type { Account, AuthAnswer, Directory, ScramCredentials, UserSource } from './user-source.ts';

/** Told when two sources know one address; the first wins. */
export type OnClash = (address: string, winner: string, loser: string) => void;

export class MergedDirectory implements Directory {
  readonly #sources: readonly UserSource[];
  readonly #loginAddress: (name: string) => string;
  readonly #onClash: OnClash;

  /** `loginAddress` turns what a client calls itself into the address that sources know. */
  constructor(sources: readonly UserSource[], loginAddress: (name: string) => string, onClash: OnClash) {
    this.#sources = sources;
    this.#loginAddress = loginAddress;
    this.#onClash = onClash;
  }

  async resolve(domain: DomainName, localpart: string): Promise<Account | undefined> {
    for (const source of this.#sources) {
      const account = await source.resolve(domain, localpart);
      if (account !== undefined) return account;
    }
    return undefined;
  }

  async authenticate(login: string, password: Secret): Promise<AuthAnswer> {
    const address = this.#loginAddress(login);
    let refusal: AuthAnswer = { kind: 'refused', reason: 'unknown' };
    for (const source of this.#sources) {
      const answer = await source.authenticate(address, password);
      // Whoever knows the user decides; a wrong password is not tried elsewhere.
      if (answer.kind === 'accepted' || answer.reason !== 'unknown') return answer;
      refusal = answer;
    }
    return refusal;
  }

  async accountOf(login: string): Promise<Account | undefined> {
    const address = this.#loginAddress(login);
    const at = address.lastIndexOf('@');
    if (at < 1) return undefined;
    return await this.resolve(address.slice(at + 1) as DomainName, address.slice(0, at));
  }

  async scramCredentials(
    login: string,
  ): Promise<{ readonly address: string; readonly found: ScramCredentials | undefined }> {
    const address = this.#loginAddress(login);
    const at = address.lastIndexOf('@');
    for (const source of this.#sources) {
      const found = await source.scramCredentials(address);
      if (found !== undefined) return { address, found };
      // Whoever knows the user decides, as with passwords.
      const known =
        at > 0 && (await source.resolve(address.slice(at + 1) as DomainName, address.slice(0, at)));
      if (known) break;
    }
    return { address, found: undefined };
  }

  get allHaveScram(): boolean {
    return this.#sources.every((source) => source.allHaveScram);
  }

  async *list(domain?: DomainName): AsyncIterable<Account> {
    const winners = new Map<string, string>();
    for (const source of this.#sources) {
      for await (const account of source.list(domain)) {
        const winner = winners.get(account.address);
        if (winner !== undefined) {
          this.#onClash(account.address, winner, source.name);
          continue;
        }
        if (this.#sources.length > 1) winners.set(account.address, source.name);
        yield account;
      }
    }
  }
}
