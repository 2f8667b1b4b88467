// One user of users.json: its fields, their checks, and the account it becomes.
//
// Addresses in the file are in normal form (lower-case localpart, A-label domain); the command line writes them so, and a
// file written by hand that departs from it is refused with the field's name rather than silently folded.

import type { DomainName, Localpart } from '../../base/brands.ts';
import type { Account } from '../user-source.ts';
import { isScramRecord, type ScramRecord } from './scram-record.ts';

/** A user as the file holds it. */
export interface UserRecord {
  readonly address: string;
  readonly aliases?: readonly string[];
  /** `$argon2id$…`, a crypt(3) hash, or an LDAP-style `{SSHA512}…` hash; absent = no log-in. */
  readonly password?: string;
  /** Lets SCRAM-SHA-256 check the password; made together with `password`. */
  readonly scram?: ScramRecord;
  readonly name?: string;
  readonly quotaBytes?: number;
  readonly quotaMessages?: number;
  readonly quotaMailboxes?: number;
  /** Names of groups, as access lists say them after `$`. */
  readonly groups?: readonly string[];
  readonly enabled?: boolean;
  readonly admin?: boolean;
}

/** What is wrong with a field. */
export interface RecordIssue {
  readonly field: string;
  readonly expected: string;
}

/** Longest address (RFC 5321 4.5.3.1: 64 + 1 + 255 octets). */
const maxAddressLength = 320;
/** Aliases of one user; more are a list, not a person. */
const maxAliases = 1_000;
/** Groups of one user; each is asked for in every access list. */
const maxGroups = 200;
const maxNameLength = 1_000;
const maxHashLength = 1_000;

const knownFields: ReadonlySet<string> = new Set([
  'address',
  'aliases',
  'password',
  'scram',
  'name',
  'quotaBytes',
  'quotaMessages',
  'quotaMailboxes',
  'groups',
  'enabled',
  'admin',
]);

/** First problem of a value that should be a user, or undefined. */
export function findIssue(value: unknown): RecordIssue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { field: '', expected: 'an object with at least "address"' };
  }
  const record = value as Record<string, unknown>;
  const unknown = Object.keys(record).find((field) => !knownFields.has(field));
  if (unknown !== undefined) return { field: unknown, expected: `one of ${[...knownFields].join(', ')}` };
  if (!isNormalAddress(record.address))
    return { field: 'address', expected: 'an address localpart@domain in lower case' };
  const aliases = record.aliases ?? [];
  if (!Array.isArray(aliases) || aliases.length > maxAliases || !aliases.every(isNormalAddress)) {
    return { field: 'aliases', expected: `a list of at most ${maxAliases} addresses in lower case` };
  }
  return findPlainIssue(record);
}

function findPlainIssue(record: Record<string, unknown>): RecordIssue | undefined {
  const { password, name } = record;
  if (
    password !== undefined &&
    !(typeof password === 'string' && password.length <= maxHashLength && isHash(password))
  ) {
    return { field: 'password', expected: 'a password hash ($argon2id$…, $6$…, $2y$…, $y$…, {SSHA512}…)' };
  }
  if (record.scram !== undefined && !isScramRecord(record.scram)) {
    return {
      field: 'scram',
      expected: 'what tegu user passwd writes: of, salt, iterations, storedKey, serverKey',
    };
  }
  if (name !== undefined && !(typeof name === 'string' && name.length <= maxNameLength)) {
    return { field: 'name', expected: `a text of at most ${maxNameLength} characters` };
  }
  const groups = record.groups ?? [];
  if (!Array.isArray(groups) || groups.length > maxGroups || !groups.every(isGroup)) {
    return { field: 'groups', expected: `a list of at most ${maxGroups} names of letters, digits and ._@+-` };
  }
  for (const field of ['quotaBytes', 'quotaMessages', 'quotaMailboxes']) {
    const quota = record[field];
    if (quota !== undefined && !(Number.isSafeInteger(quota) && (quota as number) >= 0)) {
      return { field, expected: 'a whole number, 0 = unlimited' };
    }
  }
  for (const field of ['enabled', 'admin']) {
    if (record[field] !== undefined && typeof record[field] !== 'boolean')
      return { field, expected: 'true or false' };
  }
  return undefined;
}

/** Hashes begin with `$` or `{SCHEME}`; a plain password in the file is refused, whatever it looks like otherwise. */
const isHash = (text: string): boolean =>
  /^(\$[a-z0-9-]{1,16}\$|\{[A-Z0-9-]{3,24}\})./i.test(text) && !/^\{PLAIN/i.test(text);

/** True for what an access list can hold after `$` (the same rule as isGroupName of src/store/acl.ts). */
export const isGroup = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$/u.test(value) &&
  value.normalize('NFC') === value;

/** True for `localpart@domain` in normal form. */
export function isNormalAddress(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > maxAddressLength) return false;
  const at = value.lastIndexOf('@');
  const localpart = value.slice(0, at);
  const domain = value.slice(at + 1);
  return (
    at > 0 &&
    localpart === localpart.toLowerCase().normalize('NFC') &&
    !/[\u0000-\u0020\u007f]/.test(localpart) &&
    domain.length <= 253 &&
    domain.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/.test(label))
  );
}

/** The account that the rest of the server sees. */
export function toAccount(record: UserRecord, source: string): Account {
  const at = record.address.lastIndexOf('@');
  return {
    address: record.address,
    domain: record.address.slice(at + 1) as DomainName,
    localpart: record.address.slice(0, at) as Localpart,
    displayName: record.name ?? '',
    aliases: record.aliases ?? [],
    quotaBytes: record.quotaBytes,
    quotaMessages: record.quotaMessages,
    quotaMailboxes: record.quotaMailboxes,
    groups: record.groups ?? [],
    enabled: record.enabled ?? true,
    admin: record.admin ?? false,
    source,
  };
}
