// Reads a settings document from JSON and checks it: types and bounds of values, names and references of stores, domains
// and aliases. Everything that is wrong is reported at once, each with its place, what was expected and what stands there.
//
// Addresses and domains come out in normal form. A store `main` always exists: tegu.conf names its place.

import { domainToASCII } from 'node:url';
import type { DomainName } from '../base/brands.ts';
import { Fault, Permanent } from '../base/outcome.ts';
import { normalDomain } from '../proto/address/domain.ts';
import {
  formatLocalpart,
  normalAddress,
  normalLocalpart,
  parseLocalpart,
  parseMailbox,
} from '../proto/address/mailbox.ts';
import { findAliasLoops } from './alias-loops.ts';
import { valueProblem } from './parameter-value.ts';
import { type ParameterName, schema } from './schema/index.ts';
import type { DomainSettings, SettingsDocument, StoreSettings } from './settings.ts';

/** One thing that is wrong with a document. */
export interface SettingsIssue {
  /** `values.smtp.maxMessageBytes`, `domains[2].catchAll`. */
  readonly path: string;
  readonly expected: string;
  /** What stands there, shortened. */
  readonly got: string;
}

/** Name of the store whose address stands in tegu.conf. */
export const mainStore = 'main';
/** More than this is not reported; the first ones are what a person reads. */
const maxIssues = 50;

/** The document of revision 0. */
export const emptyDocument: SettingsDocument = { values: {}, domains: [], stores: [] };

/** A document that was read, and what is wrong with it. */
export interface CheckedDocument {
  /** What could be understood; fit for use only when `issues` is empty. Unknown parameters are left out. */
  readonly document: SettingsDocument;
  readonly issues: readonly SettingsIssue[];
  /** Names of values that this version has no row for; a later version may have written them. */
  readonly unknown: readonly string[];
}

/** Checks what came out of JSON. */
export function checkDocument(raw: unknown): CheckedDocument {
  const check = new DocumentCheck();
  const document = check.document(raw);
  return { document, issues: check.issues, unknown: check.unknown };
}

/** The checked document, or InvalidSettings. Unknown parameters are wrong here: somebody just wrote them. */
export function expectDocument(raw: unknown): SettingsDocument {
  const { document, issues, unknown } = checkDocument(raw);
  const all = [...unknown.map(unknownIssue), ...issues];
  if (all.length > 0) throw new InvalidSettings(all);
  return document;
}

function unknownIssue(name: string): SettingsIssue {
  return {
    path: `values.${name}`,
    expected: 'the name of a setting (tegu config get lists them)',
    got: name,
  };
}

/** Permanent('settings.invalid') with everything that is wrong. */
export class InvalidSettings extends Permanent {
  readonly issues: readonly SettingsIssue[];

  constructor(issues: readonly SettingsIssue[]) {
    super('settings.invalid', issues.map(describeIssue).join('; '));
    this.issues = issues;
  }
}

/** `path: expected …, got …`. */
export function describeIssue(issue: SettingsIssue): string {
  return `${issue.path}: expected ${issue.expected}, got ${issue.got}`;
}

/** True for a known parameter. */
export function isParameterName(name: string): name is ParameterName {
  return Object.hasOwn(schema, name);
}

type Fields = Readonly<Record<string, unknown>>;

const domainFields = [
  'name',
  'store',
  'aliases',
  'catchAll',
  'recipientDelimiter',
  'quotaBytes',
  'quotaMailboxes',
  'publicFolders',
];

class DocumentCheck {
  readonly issues: SettingsIssue[] = [];
  readonly unknown: string[] = [];

  document(raw: unknown): SettingsDocument {
    const fields = this.#fields('document', raw, ['values', 'domains', 'stores']);
    const values = this.#values(fields.values);
    const stores = this.#items('stores', fields.stores).flatMap((item, i) =>
      this.#store(`stores[${i}]`, item),
    );
    const domains = this.#items('domains', fields.domains).flatMap((item, i) =>
      this.#domain(`domains[${i}]`, item),
    );
    this.#unique('stores', 'name', stores);
    this.#unique('stores', 'address', stores);
    this.#unique('domains', 'name', domains);
    const known = new Set([mainStore, ...stores.map((store) => store.name)]);
    for (const [i, domain] of domains.entries()) {
      if (!known.has(domain.store))
        this.#add(`domains[${i}].store`, `one of the stores ${[...known].join(', ')}`, domain.store);
    }
    for (const loop of findAliasLoops(domains))
      this.#add(`aliases of ${loop[0]}`, 'aliases that end at a user', `the loop ${loop.join(' → ')}`);
    return { values, domains, stores };
  }

  #values(raw: unknown): SettingsDocument['values'] {
    const values: [string, unknown][] = [];
    for (const [name, value] of Object.entries(this.#object('values', raw ?? {}))) {
      if (!isParameterName(name)) {
        this.unknown.push(name);
        continue;
      }
      const expected = valueProblem(schema[name], value);
      if (expected === undefined) values.push([name, value]);
      else this.#add(`values.${name}`, expected, value);
    }
    return Object.fromEntries(values);
  }

  #store(path: string, raw: unknown): StoreSettings[] {
    const fields = this.#fields(path, raw, ['name', 'address']);
    const { name, address } = fields;
    let good = true;
    const fail = (field: string, expected: string): void => {
      this.#add(`${path}.${field}`, expected, fields[field]);
      good = false;
    };
    if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]{0,31}$/.test(name))
      fail('name', 'up to 32 lower-case letters, digits and hyphens');
    else if (name === mainStore) fail('name', 'a name other than main, whose address stands in tegu.conf');
    // The address becomes part of file names as it is; /../ would make two names of one place.
    if (
      typeof address !== 'string' ||
      !/^maildir:\/[^\u0000-\u001f]+$/.test(address) ||
      /\/\.{0,2}\/|\/\.{0,2}$/.test(address.slice('maildir:'.length))
    )
      fail('address', 'maildir: and an absolute path without . and .. and without / at the end');
    return good ? [{ name: name as string, address: address as string }] : [];
  }

  #domain(path: string, raw: unknown): DomainSettings[] {
    const fields = this.#fields(path, raw, domainFields);
    const name = typeof fields.name === 'string' ? normalDomain(fields.name, domainToASCII) : undefined;
    if (name === undefined) {
      this.#add(`${path}.name`, 'a domain name', fields.name);
      return [];
    }
    const { store = mainStore, recipientDelimiter = '+', quotaBytes = 0 } = fields;
    if (typeof store !== 'string') this.#add(`${path}.store`, 'the name of a store', store);
    if (typeof recipientDelimiter !== 'string' || !/^[!#$%&'*+\-/=?^_`{|}~.]?$/.test(recipientDelimiter))
      this.#add(`${path}.recipientDelimiter`, 'one character such as + or -, or nothing', recipientDelimiter);
    if (!Number.isSafeInteger(quotaBytes) || (quotaBytes as number) < 0)
      this.#add(`${path}.quotaBytes`, 'a number of octets, 0 for no limit', quotaBytes);
    const { quotaMailboxes = 0, publicFolders = '' } = fields;
    if (!Number.isSafeInteger(quotaMailboxes) || (quotaMailboxes as number) < 0)
      this.#add(`${path}.quotaMailboxes`, 'a number of mailboxes, 0 for the server default', quotaMailboxes);
    if (
      typeof publicFolders !== 'string' ||
      (publicFolders !== '' && localpartOf(publicFolders) === undefined)
    )
      this.#add(
        `${path}.publicFolders`,
        'a local part (what stands before the @), or nothing',
        publicFolders,
      );
    return [
      {
        name,
        store: String(store),
        aliases: this.#aliases(`${path}.aliases`, fields.aliases ?? {}),
        catchAll: this.#catchAll(`${path}.catchAll`, fields.catchAll, name),
        recipientDelimiter: String(recipientDelimiter),
        quotaBytes: Number(quotaBytes),
        ...(quotaMailboxes === 0 ? {} : { quotaMailboxes: Number(quotaMailboxes) }),
        ...(publicFolders === '' ? {} : { publicFolders: localpartOf(String(publicFolders)) ?? '' }),
      },
    ];
  }

  #aliases(path: string, raw: unknown): Record<string, readonly string[]> {
    const aliases = new Map<string, readonly string[]>();
    for (const [written, targets] of Object.entries(this.#object(path, raw))) {
      const localpart = localpartOf(written);
      if (localpart === undefined) {
        this.#add(`${path}.${written}`, 'a local part (what stands before the @)', written);
        continue;
      }
      if (aliases.has(localpart)) this.#add(`${path}.${written}`, 'each alias once', 'it a second time');
      if (!Array.isArray(targets) || targets.length === 0) {
        this.#add(`${path}.${written}`, 'a list of at least one address', targets);
        continue;
      }
      const addresses = targets.flatMap(
        (target, i) => this.#address(`${path}.${written}[${i}]`, target) ?? [],
      );
      aliases.set(localpart, addresses);
    }
    // fromEntries defines own properties, so that an alias called __proto__ is an alias.
    return Object.fromEntries(aliases);
  }

  #catchAll(path: string, raw: unknown, domain: DomainName): string | undefined {
    if (raw === undefined || raw === null) return undefined;
    const address = this.#address(path, raw);
    // Elsewhere it would turn every guessed address into mail for another server: backscatter.
    if (address !== undefined && !address.endsWith(`@${domain}`)) {
      this.#add(path, `an address in ${domain}`, raw);
      return undefined;
    }
    return address;
  }

  #address(path: string, raw: unknown): string | undefined {
    try {
      const mailbox = typeof raw === 'string' ? parseMailbox(raw, domainToASCII) : undefined;
      if (mailbox?.domain !== undefined) return normalAddress(mailbox);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
    this.#add(path, 'an address user@domain', raw);
    return undefined;
  }

  /** An object with no other members than `known`. */
  #fields(path: string, raw: unknown, known: readonly string[]): Fields {
    const fields = this.#object(path, raw);
    for (const key of Object.keys(fields)) {
      if (!known.includes(key)) this.#add(`${path}.${key}`, `one of ${known.join(', ')}`, 'another member');
    }
    return fields;
  }

  #object(path: string, raw: unknown): Fields {
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw as Fields;
    this.#add(path, 'an object', raw);
    return {};
  }

  #items(path: string, raw: unknown): readonly unknown[] {
    if (raw === undefined) return [];
    if (Array.isArray(raw)) return raw;
    this.#add(path, 'a list', raw);
    return [];
  }

  #unique<T>(path: string, member: keyof T & string, items: readonly T[]): void {
    const seen = new Set<unknown>();
    for (const item of items) {
      if (seen.has(item[member])) this.#add(`${path}: ${member}`, 'each only once', item[member]);
      seen.add(item[member]);
    }
  }

  #add(path: string, expected: string, got: unknown): void {
    if (this.issues.length >= maxIssues) return;
    const text = typeof got === 'string' ? got : (JSON.stringify(got) ?? 'nothing');
    this.issues.push({ path, expected, got: text.length > 100 ? `${text.slice(0, 100)}…` : text });
  }
}

/** Normal form of an alias, which may be written quoted or plainly; undefined for what cannot be one. */
function localpartOf(written: string): string | undefined {
  const text = written.startsWith('"') ? written : formatLocalpart(written);
  try {
    const { value, end } = parseLocalpart(text, 0);
    // Somebody wrote a whole address, or means nothing that mail can be sent to in practice.
    if (end === text.length && !/[@"]/.test(value)) return normalLocalpart(value);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  return undefined;
}
