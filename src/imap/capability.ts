// The capability table: one row a capability, in the order in which it is announced. What is listed here is behaved.
//
// A new extension adds its row, and its command file names the capability: a capability that `imap.disabledCapabilities`
// lists is neither announced nor are its commands accepted. Before log-in only what matters there is shown.

import type { Settings } from '../settings/settings.ts';

/** What decides which rows are shown. */
export interface CapabilityContext {
  readonly isSecure: boolean;
  readonly isLoggedIn: boolean;
  /** The logged-in user is an administrator. */
  readonly isAdmin: boolean;
  readonly settings: Settings;
  /** Taken away from this account or this client, in capitals (capability-rules.ts). */
  readonly withheld: ReadonlySet<string>;
  /** SASL mechanisms that this connection can be offered now. */
  readonly mechanisms: readonly string[];
}

export interface Capability {
  readonly name: string;
  readonly shown: (context: CapabilityContext) => boolean;
  /** What is announced when it is more than the name. */
  readonly token?: (context: CapabilityContext) => string;
  /** ENABLE accepts it (RFC 5161). */
  readonly canEnable?: boolean;
  /** Cannot be switched off. */
  readonly isFixed?: boolean;
}

const always = (): boolean => true;
const afterLogin = (context: CapabilityContext): boolean => context.isLoggedIn;
/** True when a password may be sent now. RFC 9051 11.2: not in clear unless the operator says so. */
export const isPasswordAllowed = ({ mechanisms }: CapabilityContext): boolean =>
  mechanisms.includes('PLAIN') || mechanisms.includes('LOGIN');

const mechanism = (name: string): Capability => ({
  name: `AUTH=${name}`,
  shown: ({ mechanisms }) => mechanisms.includes(name),
});

export const capabilities: readonly Capability[] = [
  { name: 'IMAP4rev1', shown: always, isFixed: true },
  { name: 'IMAP4rev2', shown: always, canEnable: true },
  { name: 'LITERAL+', shown: ({ settings }) => !settings.get('imap.literalMinus') },
  { name: 'LITERAL-', shown: ({ settings }) => settings.get('imap.literalMinus') },
  { name: 'SASL-IR', shown: (context) => !context.isLoggedIn },
  { name: 'ID', shown: always },
  { name: 'ENABLE', shown: always },
  { name: 'STARTTLS', shown: ({ isSecure, isLoggedIn }) => !isSecure && !isLoggedIn },
  {
    name: 'LOGINDISABLED',
    shown: (context) => !context.isLoggedIn && !isPasswordAllowed(context),
    isFixed: true,
  },
  mechanism('PLAIN'),
  mechanism('LOGIN'),
  mechanism('SCRAM-SHA-256'),
  mechanism('SCRAM-SHA-256-PLUS'),
  mechanism('OAUTHBEARER'),
  mechanism('XOAUTH2'),
  mechanism('EXTERNAL'),
  { name: 'COMPRESS=DEFLATE', shown: afterLogin },
  { name: 'IDLE', shown: afterLogin },
  { name: 'NOTIFY', shown: afterLogin },
  { name: 'NAMESPACE', shown: afterLogin },
  { name: 'UIDPLUS', shown: afterLogin },
  { name: 'UNSELECT', shown: afterLogin },
  { name: 'CHILDREN', shown: afterLogin },
  { name: 'LIST-EXTENDED', shown: afterLogin },
  { name: 'LIST-STATUS', shown: afterLogin },
  { name: 'SPECIAL-USE', shown: afterLogin },
  { name: 'CREATE-SPECIAL-USE', shown: afterLogin },
  { name: 'XLIST', shown: ({ isLoggedIn, settings }) => isLoggedIn && settings.get('imap.xlist') },
  { name: 'MOVE', shown: afterLogin },
  { name: 'ESEARCH', shown: afterLogin },
  { name: 'SEARCHRES', shown: afterLogin },
  { name: 'WITHIN', shown: afterLogin },
  { name: 'SORT', shown: afterLogin },
  { name: 'SORT=DISPLAY', shown: afterLogin },
  { name: 'ESORT', shown: afterLogin },
  { name: 'THREAD=ORDEREDSUBJECT', shown: afterLogin },
  { name: 'THREAD=REFERENCES', shown: afterLogin },
  { name: 'THREAD=REFS', shown: afterLogin },
  { name: 'CONTEXT=SEARCH', shown: afterLogin },
  { name: 'CONTEXT=SORT', shown: afterLogin },
  { name: 'PARTIAL', shown: afterLogin },
  { name: 'MULTISEARCH', shown: afterLogin },
  { name: 'SEARCH=FUZZY', shown: afterLogin },
  { name: 'INPROGRESS', shown: afterLogin },
  { name: 'I18NLEVEL=1', shown: afterLogin },
  { name: 'CONDSTORE', shown: afterLogin, canEnable: true },
  { name: 'QRESYNC', shown: afterLogin, canEnable: true },
  // RFC 6855 3, RFC 9586 3: names and numbers change their form, so not while a mailbox is selected.
  { name: 'UTF8=ACCEPT', shown: afterLogin, canEnable: true },
  { name: 'UIDONLY', shown: afterLogin, canEnable: true },
  { name: 'UIDBATCHES', shown: afterLogin },
  {
    name: 'MESSAGELIMIT',
    shown: ({ isLoggedIn, settings }) => isLoggedIn && settings.get('imap.messageLimit') > 0,
    token: ({ settings }) => `MESSAGELIMIT=${settings.get('imap.messageLimit')}`,
    isFixed: true,
  },
  {
    name: 'SAVELIMIT',
    shown: afterLogin,
    token: ({ settings }) => `SAVELIMIT=${settings.get('imap.saveLimit')}`,
  },
  { name: 'UNAUTHENTICATE', shown: afterLogin },
  { name: 'MULTIAPPEND', shown: afterLogin },
  { name: 'BINARY', shown: afterLogin },
  {
    name: 'APPENDLIMIT',
    shown: afterLogin,
    // RFC 7889 3: with a value it holds for every mailbox; without, STATUS tells (NIL: none).
    token: ({ settings }) => {
      const limit = settings.get('imap.appendLimitBytes');
      return limit === 0 ? 'APPENDLIMIT' : `APPENDLIMIT=${limit}`;
    },
  },
  { name: 'CATENATE', shown: afterLogin },
  { name: 'URLAUTH', shown: afterLogin },
  { name: 'URLAUTH=BINARY', shown: afterLogin },
  { name: 'URL-PARTIAL', shown: afterLogin },
  { name: 'REPLACE', shown: afterLogin },
  { name: 'OBJECTID', shown: afterLogin },
  { name: 'SAVEDATE', shown: afterLogin },
  { name: 'PREVIEW', shown: afterLogin },
  { name: 'STATUS=SIZE', shown: afterLogin },
  { name: 'ACL', shown: afterLogin },
  // RFC 4314 5.1.1: the rights beyond those of RFC 2086.
  { name: 'RIGHTS=texk', shown: afterLogin },
  { name: 'LIST-MYRIGHTS', shown: afterLogin },
  { name: 'METADATA', shown: afterLogin, canEnable: true },
  { name: 'METADATA-SERVER', shown: afterLogin, canEnable: true },
  { name: 'LIST-METADATA', shown: afterLogin },
  { name: 'QUOTA', shown: afterLogin },
  { name: 'QUOTA=RES-STORAGE', shown: afterLogin },
  { name: 'QUOTA=RES-MESSAGE', shown: afterLogin },
  { name: 'QUOTA=RES-MAILBOX', shown: afterLogin },
  { name: 'QUOTASET', shown: ({ isAdmin }) => isAdmin },
];

const byName = new Map(capabilities.map((row) => [row.name.toUpperCase(), row]));

/**
 * True unless the operator switched the capability off, for all or for this account or client. Unknown names are a mistake
 * of ours and count as off.
 */
export function isCapabilityOn(
  name: string,
  { settings, withheld }: Pick<CapabilityContext, 'settings' | 'withheld'>,
): boolean {
  const row = byName.get(name.toUpperCase());
  if (row === undefined) return false;
  if (row.isFixed === true) return true;
  if (withheld.has(row.name.toUpperCase())) return false;
  const disabled = settings.get('imap.disabledCapabilities');
  return !disabled.some((other) => other.toUpperCase() === row.name.toUpperCase());
}

/** The capability's row when ENABLE may switch it on now. */
export function enableable(name: string, context: CapabilityContext): Capability | undefined {
  const row = byName.get(name.toUpperCase());
  return row?.canEnable === true && row.shown(context) && isCapabilityOn(row.name, context) ? row : undefined;
}

/** The space-separated list for the CAPABILITY answer and code. */
export function capabilityList(context: CapabilityContext): string {
  return capabilities
    .filter((row) => row.shown(context) && isCapabilityOn(row.name, context))
    .map((row) => row.token?.(context) ?? row.name)
    .join(' ');
}
