// IMAP URLs that name a message or a part of it (RFC 5092), as CATENATE (RFC 4469) and URLAUTH (RFC 4467) use them.
//
// Absolute ones name user and host, relative ones begin with `/mailbox` or, in the selected mailbox, with `;UID=`. Pure and
// linear; what is no such URL is undefined. The text up to the access identifier is kept, since the token covers it.

import type { MailboxName } from '../../base/brands.ts';
import { normaliseInbox } from './mailbox-name.ts';

export interface ImapUrl {
  /** Who the mailbox belongs to, and where; undefined in relative URLs. */
  readonly user: string | undefined;
  readonly host: string | undefined;
  /** Undefined: the selected mailbox. */
  readonly mailbox: MailboxName | undefined;
  readonly uidValidity: number | undefined;
  readonly uid: number;
  /** As in BODY[…]; '' is the whole message. */
  readonly section: string;
  readonly partial: { readonly origin: number; readonly length: number | undefined } | undefined;
  readonly auth: UrlAuth | undefined;
}

/** RFC 4467 3. */
export interface UrlAuth {
  /** Unix ms, undefined: does not expire. */
  readonly expiresMs: number | undefined;
  /** `anonymous`, `authuser`, `user+name`, `submit+name`, as written. */
  readonly access: string;
  /** The URL up to and including the access identifier: what the token is made over. */
  readonly rump: string;
  /** Undefined in a URL that is yet to be authorised (GENURLAUTH). */
  readonly mechanism: string | undefined;
  readonly token: string | undefined;
}

/** Longer ones are no URLs that a client made of a mailbox name. */
export const maxUrlLength = 8192;
const maxUid = 4_294_967_295;
const scheme = 'imap://';

/** Reads a URL; undefined when it is none, or names no message. */
export function parseImapUrl(text: string): ImapUrl | undefined {
  if (text.length > maxUrlLength || !/^[\x21-\x7e]+$/.test(text)) return undefined;
  let rest = text;
  let user: string | undefined;
  let host: string | undefined;
  if (text.slice(0, scheme.length).toLowerCase() === scheme) {
    const slash = text.indexOf('/', scheme.length);
    if (slash < 0) return undefined;
    const server = text.slice(scheme.length, slash);
    const at = server.lastIndexOf('@');
    user = at < 0 ? undefined : decode(server.slice(0, at).split(/;AUTH=/i)[0] ?? '');
    host = server
      .slice(at + 1)
      .replace(/:\d{1,5}$/, '')
      .toLowerCase();
    if (host === '' || user === '') return undefined;
    rest = text.slice(slash);
  }
  return parsePath(text, rest, { user, host });
}

function parsePath(
  text: string,
  rest: string,
  server: { readonly user: string | undefined; readonly host: string | undefined },
): ImapUrl | undefined {
  // RFC 5092 11: `;UID=` begins what names the message; the mailbox may hold neither `;` nor an unquoted `/;`.
  const match = /^(?:\/([^;]*?))?(?:;UIDVALIDITY=(\d{1,10}))?\/?;UID=(\d{1,10})((?:\/?;[^;]*)*)$/i.exec(rest);
  if (match === null) return undefined;
  const mailbox = match[1] === undefined || match[1] === '' ? undefined : decodeMailbox(match[1]);
  if (mailbox === null || (server.host !== undefined && mailbox === undefined)) return undefined;
  const uid = Number(match[3]);
  if (uid < 1 || uid > maxUid) return undefined;
  const options = parseOptions(match[4] ?? '');
  if (options === undefined) return undefined;
  const auth = options.urlAuth === undefined ? undefined : parseAuth(text, options.urlAuth, options.expire);
  if (auth === null) return undefined;
  return {
    ...server,
    mailbox,
    uidValidity: match[2] === undefined ? undefined : Number(match[2]),
    uid,
    section: options.section,
    partial: options.partial,
    auth,
  };
}

interface UrlOptions {
  readonly section: string;
  readonly partial: ImapUrl['partial'];
  readonly expire: string | undefined;
  readonly urlAuth: string | undefined;
}

/** `/;SECTION=…/;PARTIAL=…;EXPIRE=…;URLAUTH=…` in this order, each at most once. */
function parseOptions(text: string): UrlOptions | undefined {
  const match =
    /^(?:\/;SECTION=([^;]*?))?(?:\/;PARTIAL=(\d{1,15})(?:\.(\d{1,15}))?)?(?:;EXPIRE=([^;]*))?(?:;URLAUTH=([^;]+))?$/i.exec(
      text,
    );
  if (match === null) return undefined;
  const section = decode(match[1] ?? '');
  if (section === undefined || (match[1] !== undefined && section === '')) return undefined;
  const length = match[3] === undefined ? undefined : Number(match[3]);
  if (length === 0) return undefined;
  return {
    section,
    partial: match[2] === undefined ? undefined : { origin: Number(match[2]), length },
    expire: match[4],
    urlAuth: match[5],
  };
}

/** `access[:mechanism:token]`; null when malformed. */
function parseAuth(text: string, auth: string, expire: string | undefined): UrlAuth | null {
  const match = /^(anonymous|authuser|(?:user|submit)\+[^:]+)(?::([^:]+):([^:]+))?$/i.exec(auth);
  if (match === null) return null;
  const expiresMs = expire === undefined ? undefined : Date.parse(expire);
  if (Number.isNaN(expiresMs)) return null;
  const tail = match[2] === undefined ? '' : `:${match[2]}:${match[3]}`;
  return {
    expiresMs,
    access: match[1] ?? '',
    rump: text.slice(0, text.length - tail.length),
    mechanism: match[2]?.toUpperCase(),
    token: match[3],
  };
}

/** The user an access identifier names, decoded; undefined for the others. */
export function accessUser(
  access: string,
): { readonly kind: 'user' | 'submit'; readonly name: string } | undefined {
  const plus = access.indexOf('+');
  if (plus < 0) return undefined;
  const name = decode(access.slice(plus + 1));
  const kind = access.slice(0, plus).toLowerCase();
  return name === undefined ? undefined : { kind: kind === 'submit' ? 'submit' : 'user', name };
}

/** RFC 5092 3: mailbox names in URLs are percent-encoded UTF-8. */
function decodeMailbox(text: string): MailboxName | null {
  const name = decode(text);
  return name === undefined || name === '' ? null : (normaliseInbox(name) as MailboxName);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
