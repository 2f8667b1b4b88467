// Access control lists (RFC 4314): rights, identifiers, and what somebody may do by a list. Pure.
//
// Identifiers as on the wire: a user's address, `$group`, `anyone`, `authenticated`, `owner`; with `-` before it an entry
// takes rights away. What somebody may do is the union of what all matching entries give, less the union of what all
// matching entries take, so the order of entries means nothing. The owner of a mailbox has all rights whatever its list
// says: nobody can lock themselves out, and no list of another program takes mail from who it belongs to.

/** A right of RFC 4314 2.1. */
export type Right = 'l' | 'r' | 's' | 'w' | 'i' | 'p' | 'k' | 'x' | 't' | 'e' | 'a';
export type Rights = ReadonlySet<Right>;

/** In the order in which they are shown. */
export const rightLetters: readonly Right[] = ['l', 'r', 's', 'w', 'i', 'p', 'k', 'x', 't', 'e', 'a'];
export const allRights: Rights = new Set(rightLetters);
export const noRights: Rights = new Set();

/** One line of a list. */
export interface AclEntry {
  /** As on the wire, `-` included. */
  readonly identifier: string;
  readonly rights: Rights;
}

/** Who asks: a user with groups. */
export interface Principal {
  /** Primary address in normal form. */
  readonly address: string;
  readonly groups: readonly string[];
}

/**
 * What becomes of an entry: these rights instead of what it had, removed, or computed from what it had while nobody else
 * changes the list. An entry without rights is removed.
 */
export type RightsChange = Rights | undefined | ((had: Rights) => Rights);

/** Longest identifier: an address with its sign. */
const maxIdentifierLength = 321;

const isRight = (letter: string): letter is Right => (rightLetters as readonly string[]).includes(letter);

/** RFC 4314 2.1.1: what the letters of RFC 2086 stand for here. */
const obsoleteRights: Readonly<Record<string, readonly Right[]>> = { c: ['k', 'x'], d: ['t', 'e'] };

/** The rights of a text of letters; undefined when one of them is none. Obsolete `c` and `d` are taken for theirs. */
export function parseRights(text: string): Rights | undefined {
  const rights = new Set<Right>();
  for (const letter of text) {
    const old = obsoleteRights[letter];
    if (old !== undefined) for (const right of old) rights.add(right);
    else if (isRight(letter)) rights.add(letter);
    else return undefined;
  }
  return rights;
}

/** The letters in the usual order. */
export function formatRights(rights: Rights): string {
  return rightLetters.filter((letter) => rights.has(letter)).join('');
}

/** With `c` and `d` for clients of RFC 2086: each when any of the rights it stands for is there (RFC 4314 2.1.1). */
export function formatRightsForOldClients(rights: Rights): string {
  const old = Object.entries(obsoleteRights).filter(([, members]) => members.some((one) => rights.has(one)));
  return formatRights(rights) + old.map(([letter]) => letter).join('');
}

/** The identifier in normal form (addresses and reserved names lower case); undefined when it cannot be one. */
export function normalIdentifier(text: string): string | undefined {
  if (text.length > maxIdentifierLength || !text.isWellFormed()) return undefined;
  const sign = text.startsWith('-') ? '-' : '';
  const name = text.slice(sign.length);
  if (name === '' || /[\u0000-\u0020\u007f]/.test(name)) return undefined;
  if (name.startsWith('$')) return isGroupName(name.slice(1)) ? `${sign}${name}` : undefined;
  const lower = name.toLowerCase().normalize('NFC');
  if (lower === 'anyone' || lower === 'authenticated' || lower === 'owner') return sign + lower;
  const at = lower.lastIndexOf('@');
  return at > 0 && at < lower.length - 1 && !lower.startsWith('-') ? sign + lower : undefined;
}

/** A name that a group may have: letters, digits and a few signs, so that it is the same in every file and command. */
export function isGroupName(name: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$/u.test(name) && name.normalize('NFC') === name;
}

/** Identifiers that mean this user, without signs. `owner` is not among them. */
export function identifiersOf({ address, groups }: Principal): string[] {
  return [address, ...groups.map((group) => `$${group}`), 'authenticated', 'anyone'];
}

/** What a list gives to somebody who is not the owner. RFC 4314 2: union of the positive less union of the negative. */
export function rightsByAcl(entries: readonly AclEntry[], principal: Principal): Rights {
  const names = new Set(identifiersOf(principal));
  const given = new Set<Right>();
  const taken = new Set<Right>();
  for (const { identifier, rights } of entries) {
    const negative = identifier.startsWith('-');
    if (!names.has(negative ? identifier.slice(1) : identifier)) continue;
    for (const right of rights) (negative ? taken : given).add(right);
  }
  for (const right of taken) given.delete(right);
  return given;
}

/** The list with one entry changed. */
export function withEntry(
  entries: readonly AclEntry[],
  identifier: string,
  change: RightsChange,
): AclEntry[] {
  const others = entries.filter((entry) => entry.identifier !== identifier);
  const had = entries.find((entry) => entry.identifier === identifier)?.rights ?? noRights;
  const rights = typeof change === 'function' ? change(had) : change;
  return rights === undefined || rights.size === 0 ? others : [...others, { identifier, rights }];
}
