// GENURLAUTH, URLFETCH and RESETKEY (RFC 4467, RFC 5524 URLAUTH=BINARY, RFC 5550 URL-PARTIAL): a user lets somebody read one
// message, or a part of it, by a URL with a token.
//
// URLFETCH answers NIL for whatever does not work: wrong token, expired, not for this user, gone. Nobody learns which.

import type { MailboxName } from '../../base/brands.ts';
import { Outcome } from '../../base/outcome.ts';
import { bad, ImapFault, refuse } from '../../proto/imap/fault.ts';
import { accessUser, type ImapUrl, parseImapUrl } from '../../proto/imap/imap-url.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { quotedText } from '../../proto/imap/value-string.ts';
import { accountRef } from '../../routing/account-ref.ts';
import type { MailAccount } from '../../store/mail-store.ts';
import { afterLogin, command, ok } from '../command.ts';
import { isConnectionFailure } from '../failure.ts';
import { MessageAnswer, type Octets } from '../fetch/answer.ts';
import { binaryOctets } from '../fetch/binary.ts';
import { sectionOctets } from '../fetch/message-answer.ts';
import { mimeLimits } from '../mime-limits.ts';
import { decodedStructure, partStructure } from '../part-structure.ts';
import type { ImapSession } from '../session.ts';
import { isUrlToken, resetUrlKey, urlKey, urlToken } from '../url-key.ts';
import { openUrlMessage, type UrlMessage } from '../url-message.ts';

/** The only mechanism that RFC 4467 defines. */
const mechanism = 'INTERNAL';

// --- GENURLAUTH ---------------------------------------------------------------------------------------------------------

export const genUrlAuth = command<readonly string[]>({
  name: 'GENURLAUTH',
  states: afterLogin,
  announce: 'all',
  capability: 'URLAUTH',
  parse(tokens) {
    const urls: string[] = [];
    do {
      tokens.expectSpace('URL');
      urls.push(tokens.expectAstring('URL').toString('latin1'));
      tokens.expectSpace('mechanism');
      if (tokens.expectKeyword('mechanism') !== mechanism) throw bad('Unknown mechanism');
    } while (!tokens.isAtEnd);
    return urls;
  },
  async run(session, urls) {
    const made: string[] = [];
    for (const text of urls) {
      const url = parseImapUrl(text);
      if (url?.auth === undefined || url.auth.token !== undefined || url.mailbox === undefined) {
        throw bad('Not a URL that can be authorised');
      }
      // RFC 4467 7: only the user's own mailboxes.
      if (
        (await ownerOf(session, url)) !== session.loggedIn?.account.address ||
        isForeign(session, url.mailbox)
      ) {
        throw bad('Not a URL of your own');
      }
      const key = await urlKey(session.mail, url.mailbox, true);
      if (key === undefined) throw refuse('imap.bad_url', undefined, 'No key could be made for the mailbox');
      made.push(quotedText(`${text}:${mechanism}:${urlToken(key, url.auth.rump)}`));
    }
    session.untagged(`GENURLAUTH ${made.join(' ')}`);
    return ok('GENURLAUTH completed');
  },
});

const isForeign = (session: ImapSession, name: MailboxName): boolean => {
  const { others, shared } = session.mail.namespaces();
  return [...others, ...shared].some((prefix) => prefix !== '' && name.startsWith(prefix));
};

/** Address of the account that a URL's user means. */
async function ownerOf(session: ImapSession, { user, host }: ImapUrl): Promise<string | undefined> {
  if (user === undefined) return undefined;
  const { directory } = session.services;
  const named =
    user.includes('@') || host === undefined ? undefined : await directory.accountOf(`${user}@${host}`);
  return (named ?? (await directory.accountOf(user)))?.address;
}

// --- RESETKEY -----------------------------------------------------------------------------------------------------------

export const resetKey = command<MailboxName | undefined>({
  name: 'RESETKEY',
  states: afterLogin,
  announce: 'all',
  capability: 'URLAUTH',
  parse(tokens) {
    if (!tokens.takeSpace()) {
      tokens.expectEnd();
      return undefined;
    }
    const name = tokens.expectMailbox();
    while (tokens.takeSpace()) {
      if (tokens.expectKeyword('mechanism') !== mechanism) throw bad('Unknown mechanism');
    }
    tokens.expectEnd();
    return name;
  },
  async run(session, name) {
    const infos = name === undefined ? await session.mail.mailboxes() : [];
    const names =
      name === undefined ? infos.filter(({ selectable }) => selectable).map((info) => info.name) : [name];
    for (const one of names) if (!isForeign(session, one)) await resetUrlKey(session.mail, one);
    return ok(`All keys are reset`, name === undefined ? undefined : `URLMECH ${mechanism}`);
  },
});

// --- URLFETCH -----------------------------------------------------------------------------------------------------------

interface UrlRequest {
  readonly text: string;
  /** RFC 5524: undefined for the form of RFC 4467. */
  readonly extended:
    | { readonly body: boolean; readonly binary: boolean; readonly structure: boolean }
    | undefined;
}

export const urlFetch = command<readonly UrlRequest[]>({
  name: 'URLFETCH',
  states: afterLogin,
  announce: 'all',
  capability: 'URLAUTH',
  parse(tokens) {
    const requests: UrlRequest[] = [];
    do {
      tokens.expectSpace('URL');
      requests.push(
        tokens.isAtOpen ? expectExtended(tokens) : { text: expectUrl(tokens), extended: undefined },
      );
    } while (!tokens.isAtEnd);
    return requests;
  },
  async run(session, requests) {
    for (const request of requests) await answerUrl(session, request);
    return ok('URLFETCH completed');
  },
});

const expectUrl = (tokens: TokenReader): string => tokens.expectAstring('URL').toString('latin1');

function expectExtended(tokens: TokenReader): UrlRequest {
  tokens.expectOpen('URL');
  const text = expectUrl(tokens);
  const asked = new Set<string>();
  while (tokens.takeSpace()) {
    const word = tokens.expectKeyword('parameter');
    if (word !== 'BODY' && word !== 'BINARY' && word !== 'BODYPARTSTRUCTURE') throw bad('Unknown parameter');
    asked.add(word);
  }
  tokens.expectClose('URL');
  // RFC 5524 3: the octets as they are or decoded, not both.
  if (asked.has('BODY') && asked.has('BINARY')) throw bad('BODY and BINARY exclude each other');
  const extended = {
    body: asked.has('BODY'),
    binary: asked.has('BINARY'),
    structure: asked.has('BODYPARTSTRUCTURE'),
  };
  return { text, extended };
}

async function answerUrl(session: ImapSession, request: UrlRequest): Promise<void> {
  const found = await openAuthorised(session, request.text);
  const answer = new MessageAnswer();
  answer.text(`* URLFETCH ${quotedText(request.text)} `);
  try {
    if (found === undefined) answer.text('NIL');
    else await addUrlData(session, answer, found.message, request);
    answer.text('\r\n');
    await answer.send(session);
  } finally {
    found?.message.close();
    found?.close();
  }
}

async function addUrlData(
  session: ImapSession,
  answer: MessageAnswer,
  message: UrlMessage,
  { extended }: UrlRequest,
): Promise<void> {
  const limits = mimeLimits(session);
  const { source, item } = message;
  if (extended === undefined) {
    answer.nstring(await sectionOctets(source, item, limits));
    return;
  }
  const { path, text } = item.section;
  const label = 'BINARY';
  const octets = extended.binary
    ? await decoded(source, { kind: 'binary', label, path, partial: item.partial, setsSeen: false })
    : extended.body
      ? await sectionOctets(source, item, limits)
      : undefined;
  const pieces: (() => void)[] = [];
  if (extended.structure) {
    const whole = (await source.structure()).bodyStructure;
    const part = text === 'whole' ? partStructure(whole, path) : undefined;
    pieces.push(() => {
      answer.text('(BODYPARTSTRUCTURE ');
      if (part === undefined) answer.text('NIL');
      else answer.octets(extended.binary && octets !== undefined ? withoutEncoding(part, octets) : part);
      answer.text(')');
    });
  }
  if (extended.body || extended.binary) {
    pieces.push(() => {
      answer.text(extended.binary ? '(BINARY ' : '(BODY ');
      if (extended.binary) answer.binaryString(octets);
      else answer.nstring(octets);
      answer.text(')');
    });
  }
  for (const [index, add] of pieces.entries()) {
    if (index > 0) answer.text(' ');
    add();
  }
  // RFC 5524 3: without parameters nothing is sent of it.
  if (pieces.length === 0) answer.text('()');
}

function withoutEncoding(part: Buffer, octets: Octets): Buffer {
  if ('chunks' in octets) return decodedStructure(part, 'binary', octets.sizeBytes);
  const encoding = octets.includes(0) ? 'binary' : octets.some((octet) => octet >= 0x80) ? '8bit' : '7bit';
  return decodedStructure(part, encoding, octets.length);
}

/** RFC 5524 4: NIL where the transfer encoding is not known. */
async function decoded(
  source: UrlMessage['source'],
  item: Parameters<typeof binaryOctets>[1],
): ReturnType<typeof binaryOctets> {
  try {
    return await binaryOctets(source, item);
  } catch (error) {
    if (error instanceof ImapFault) return undefined;
    throw error;
  }
}

interface Authorised {
  readonly message: UrlMessage;
  close(): void;
}

/** The message when the URL is good for this user now. */
async function openAuthorised(session: ImapSession, text: string): Promise<Authorised | undefined> {
  try {
    const url = parseImapUrl(text);
    if (url?.auth?.token === undefined || url.mailbox === undefined) return undefined;
    const { auth, mailbox } = url;
    if (auth.mechanism !== mechanism) return undefined;
    if (auth.expiresMs !== undefined && auth.expiresMs <= session.services.clock.nowMs()) return undefined;
    if (!(await isAccessAllowed(session, auth.access))) return undefined;
    const mail = await openOwner(session, url);
    if (mail === undefined) return undefined;
    const key = await urlKey(mail, mailbox, false);
    const isRight = key !== undefined && isUrlToken(key, auth.rump, auth.token ?? '');
    const message = isRight ? await openUrlMessage(mail, url, mimeLimits(session)) : undefined;
    if (message !== undefined) return { message, close: () => mail.close() };
    mail.close();
    return undefined;
  } catch (error) {
    if (!(error instanceof Outcome) || isConnectionFailure(error)) throw error;
    session.log.debug('imap.url_refused', { code: error.code });
    return undefined;
  }
}

/** RFC 4467 3: this session's user must be meant. `submit+` is for submission servers, which read through no session here. */
async function isAccessAllowed(session: ImapSession, access: string): Promise<boolean> {
  const named = accessUser(access);
  if (named === undefined) return true;
  if (named.kind === 'submit') return false;
  const account = await session.services.directory.accountOf(named.name);
  return account !== undefined && account.address === session.loggedIn?.account.address;
}

/** The owner's account, opened for this one look. */
async function openOwner(session: ImapSession, url: ImapUrl): Promise<MailAccount | undefined> {
  const { services } = session;
  const address = await ownerOf(session, url);
  const owner = address === undefined ? undefined : await services.directory.accountOf(address);
  if (owner === undefined) return undefined;
  return await services.stores(owner.domain).openAccount(accountRef(owner, services.settings.current));
}
