// Decides where mail for one forward-path goes. Pure: the answer depends on the settings snapshot, the directory's answers
// and the address; nothing is cached, logged or changed.
//
// Order, for the address itself and for each alias target: alias of the domain, account; the same without the tag behind the
// recipient delimiter; postmaster and abuse; the domain's catch-all. Local parts are compared in normal form (NFC, lower
// case). Expansion is a work list with bounds, so no configuration can make it run away (S16).

import type { DomainName } from '../base/brands.ts';
import { Fault, Transient } from '../base/outcome.ts';
import type { Account, Directory } from '../directory/user-source.ts';
import { formatLocalpart, type Mailbox, normalLocalpart, parseMailbox } from '../proto/address/mailbox.ts';
import type { DomainSettings, SettingsSnapshot } from '../settings/settings.ts';
import type { LocalMatch, RouteResult, RouteStep } from './route.ts';

/** What routing looks at. */
export interface RoutingInput {
  readonly settings: SettingsSnapshot;
  readonly directory: Pick<Directory, 'resolve'>;
}

/** RFC 5321 4.5.1 (postmaster) and RFC 2142 4 (abuse): must reach a person in every domain. */
const roleLocalparts: ReadonlySet<string> = new Set(['postmaster', 'abuse']);

/** One address still to be looked at. */
interface Task {
  readonly domain: DomainName | undefined;
  readonly localpart: string;
  readonly address: string;
  /** The alias this came from, and so on upwards. */
  readonly parent: Task | undefined;
  readonly depth: number;
  readonly mayCatchAll: boolean;
}

/** Routes a forward-path. Never throws for what a source or the settings do; see Route for the outcomes. */
export async function resolveRoute(input: RoutingInput, forwardPath: Mailbox): Promise<RouteResult> {
  return await new Resolution(input).run(forwardPath);
}

class Resolution {
  readonly #input: RoutingInput;
  readonly #steps: RouteStep[] = [];
  readonly #accounts = new Map<string, Account>();
  readonly #seen = new Set<string>();
  readonly #tasks: Task[] = [];
  #tag = '';
  #match: LocalMatch = 'account';
  #isFirst = true;
  #remote = false;
  #loop = false;
  #tooLarge = false;
  #unavailable: string | undefined;

  constructor(input: RoutingInput) {
    this.#input = input;
  }

  async run(path: Mailbox): Promise<RouteResult> {
    const { settings } = this.#input;
    // RFC 5321 4.5.1: <Postmaster> without a domain is ours.
    const bare = path.domainText === '';
    const domain = bare ? settings.domains[0]?.name : path.domain;
    const own = domain === undefined ? undefined : settings.domain(domain);
    if (own === undefined) {
      this.#note('domain', `${path.domainText} is not a domain of this server`);
      return { route: { kind: 'remote' }, steps: this.#steps };
    }
    this.#add(own.name, normalLocalpart(path.localpart), undefined, true);
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      await this.#resolve(task);
      this.#isFirst = false;
    }
    return this.#result(own);
  }

  #result(own: DomainSettings): RouteResult {
    const steps = this.#steps;
    // Nothing is delivered in part for reasons that may pass, and no target is silently dropped.
    if (this.#unavailable !== undefined) {
      return { route: { kind: 'unavailable', source: this.#unavailable }, steps };
    }
    if (this.#tooLarge) return { route: { kind: 'loop' }, steps };
    if (this.#remote) return { route: { kind: 'remote' }, steps };
    if (this.#accounts.size > 0) {
      const accounts = [...this.#accounts.values()];
      return {
        route: { kind: 'local', accounts, tag: this.#tag, store: own.store, match: this.#match },
        steps,
      };
    }
    return { route: { kind: this.#loop ? 'loop' : 'unknown' }, steps };
  }

  async #resolve(task: Task): Promise<void> {
    const domain = task.domain === undefined ? undefined : this.#input.settings.domain(task.domain);
    if (domain === undefined) {
      this.#remote = true;
      this.#note('domain', `${task.address} leads to another server`);
      return;
    }
    if (await this.#find(domain, task.localpart, '', task)) return;
    const [base, tag] = splitTag(task.localpart, domain.recipientDelimiter);
    if (base !== task.localpart && (await this.#find(domain, base, tag, task))) return;
    if (roleLocalparts.has(base) && (await this.#findRole(domain, task))) return;
    if (domain.catchAll !== undefined && task.mayCatchAll) {
      this.#note('catch-all', `${task.address} goes to ${domain.catchAll}`);
      if (this.#isFirst) this.#match = 'catch-all';
      this.#addAddress(domain.catchAll, task, false);
      return;
    }
    this.#note('unknown', `nobody is ${task.address}`);
  }

  /** Alias, then account; true when the task is settled. */
  async #find(domain: DomainSettings, localpart: string, tag: string, task: Task): Promise<boolean> {
    const address = join(localpart, domain.name);
    // Own properties only: a local part may be called `constructor`.
    const targets = Object.hasOwn(domain.aliases, localpart) ? domain.aliases[localpart] : undefined;
    const isOwnTarget = task.parent !== undefined && isAmong(address, task.parent);
    if (targets !== undefined && !isOwnTarget) {
      this.#note('alias', `${address} stands for ${targets.join(', ')}`);
      if (this.#isFirst) [this.#match, this.#tag] = ['alias', tag];
      // The chain names the alias itself, so that a+x → a is seen as a.
      for (const target of targets) this.#addAddress(target, { ...task, address }, true);
      return true;
    }
    const account = await this.#lookUp(domain.name, localpart);
    if (account === undefined) {
      if (targets === undefined) return this.#unavailable !== undefined;
      // An alias that leads back to itself and is no account either.
      this.#loop = true;
      this.#note('loop', `${address} leads back to itself`);
      return true;
    }
    this.#note('account', `${address} is ${account.address} of source ${account.source}`);
    if (this.#isFirst) [this.#match, this.#tag] = ['account', tag];
    this.#accounts.set(account.address, account);
    return true;
  }

  async #findRole(domain: DomainSettings, task: Task): Promise<boolean> {
    const wanted = this.#input.settings.get('routing.postmaster');
    const first = this.#input.settings.domains[0]?.name;
    const candidates = wanted.includes('@') ? [wanted] : [`${wanted}@${domain.name}`, `${wanted}@${first}`];
    for (const candidate of candidates) {
      const mailbox = parseTarget(candidate);
      if (mailbox?.domain === undefined || this.#input.settings.domain(mailbox.domain) === undefined)
        continue;
      const account = await this.#lookUp(mailbox.domain, normalLocalpart(mailbox.localpart));
      if (this.#unavailable !== undefined) return true;
      if (account === undefined) continue;
      this.#note('role', `${task.address} is read by ${account.address}`);
      if (this.#isFirst) this.#match = 'role';
      this.#accounts.set(account.address, account);
      return true;
    }
    this.#note('role', `routing.postmaster names ${wanted}, which is no account`);
    return false;
  }

  async #lookUp(domain: DomainName, localpart: string): Promise<Account | undefined> {
    try {
      return await this.#input.directory.resolve(domain, localpart);
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      this.#unavailable = String(error.detail.source ?? error.code);
      this.#note('unavailable', `no answer about ${join(localpart, domain)}: ${error.message}`);
      return undefined;
    }
  }

  #addAddress(text: string, parent: Task, mayCatchAll: boolean): void {
    const mailbox = parseTarget(text);
    if (mailbox === undefined) this.#note('unknown', `${text} is no address`);
    else this.#add(mailbox.domain, normalLocalpart(mailbox.localpart), parent, mayCatchAll);
  }

  #add(
    domain: DomainName | undefined,
    localpart: string,
    parent: Task | undefined,
    mayCatchAll: boolean,
  ): void {
    const address = join(localpart, domain ?? '');
    const depth = parent === undefined ? 0 : parent.depth + 1;
    const { settings } = this.#input;
    if (
      depth > settings.get('routing.maxAliasDepth') ||
      this.#seen.size > settings.get('routing.maxAliasTargets')
    ) {
      this.#tooLarge = true;
      this.#tasks.length = 0;
      this.#note('loop', `expansion stopped at ${address}`);
      return;
    }
    const isOwnTarget = parent !== undefined && address === parent.address;
    if (this.#seen.has(address) && !isOwnTarget) {
      if (parent !== undefined && isAmong(address, parent)) {
        this.#loop = true;
        this.#note('loop', `${address} was already expanded`);
      }
      return;
    }
    this.#seen.add(address);
    this.#tasks.push({ domain, localpart, address, parent, depth, mayCatchAll });
  }

  #note(step: string, result: string): void {
    this.#steps.push({ step, result });
  }
}

function isAmong(address: string, chain: Task): boolean {
  for (let task: Task | undefined = chain; task !== undefined; task = task.parent) {
    if (task.address === address) return true;
  }
  return false;
}

/** Splits at the first delimiter; a local part that begins with it has no tag. */
function splitTag(localpart: string, delimiter: string): [base: string, tag: string] {
  const at = delimiter === '' ? -1 : localpart.indexOf(delimiter);
  return at <= 0 ? [localpart, ''] : [localpart.slice(0, at), localpart.slice(at + delimiter.length)];
}

/** Addresses in settings are in normal form, so no U-labels occur. */
function parseTarget(text: string): Mailbox | undefined {
  try {
    return parseMailbox(text, () => '');
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

function join(localpart: string, domain: string): string {
  return `${formatLocalpart(localpart)}@${domain}`;
}
