// One message of APPEND, MULTIAPPEND or REPLACE: flags, date, and where its octets come from.
//
// A literal streams from the connection into the store. literal8 (RFC 3516 4.4) and CATENATE (RFC 4469) go through a spool,
// since their size is known only at the end; nothing here holds more than one chunk. CATENATE takes text from the client and
// parts of stored messages by URL.

import { parseDateTime } from '../proto/imap/date.ts';
import { bad, refuse } from '../proto/imap/fault.ts';
import { expectFlagList } from '../proto/imap/flag-list.ts';
import { parseImapUrl } from '../proto/imap/imap-url.ts';
import type { TokenReader } from '../proto/imap/token-reader.ts';
import type { Append } from '../store/mail-store.ts';
import { receiveBinary } from './binary-append.ts';
import type { CommandInput } from './command-input.ts';
import { mimeLimits } from './mime-limits.ts';
import type { ImapSession } from './session.ts';
import { openUrlMessage, urlOctets } from './url-message.ts';

/** Flags and date before a message; both optional (I20). */
interface MessageOptions {
  readonly flags: readonly string[];
  readonly internalDateMs: number | undefined;
}

type MessageForm = 'literal' | 'utf8' | 'catenate';

/** Reads one message of the command from the space before it and adds it; the reader then stands behind it. */
export async function appendMessage(
  session: ImapSession,
  input: CommandInput,
  append: Append,
): Promise<void> {
  const { options, form } = parseMessageOptions(input.tokens);
  if (form === 'catenate') return await addCatenated(session, input, append, options);
  const mark = input.announced;
  if (mark === undefined || !input.tokens.isAtAnnouncedLiteral) throw bad('Expected message literal');
  const isUtf8 = form === 'utf8';
  if (isUtf8 && !(mark.binary && session.utf8)) throw bad('UTF8 needs ENABLE UTF8=ACCEPT and a literal8');
  if (mark.binary && !isUtf8 && !session.isOn('BINARY')) throw bad('Binary literal is not allowed here');
  // RFC 3502 6.3.11: an empty literal is how a client gives up a MULTIAPPEND.
  if (mark.sizeBytes === 0) throw emptyMessage();
  const octets = input.openLiteral(session.services.settings.get('imap.appendLimitBytes'));
  if (mark.binary && !isUtf8) await addSpooled(session, append, options, octets);
  else await append.add({ ...options, sizeBytes: mark.sizeBytes }, octets);
  await input.nextLine();
  if (isUtf8) input.tokens.expectClose('UTF8 message');
}

const emptyMessage = () => refuse('imap.empty_message', undefined, 'Message is empty, nothing was stored');

function parseMessageOptions(tokens: TokenReader): { options: MessageOptions; form: MessageForm } {
  tokens.expectSpace('message');
  let flags: readonly string[] = [];
  if (tokens.isAtOpen) {
    flags = expectFlagList(tokens);
    tokens.expectSpace('message');
  }
  let form = takeForm(tokens);
  if (form !== undefined) return { options: { flags, internalDateMs: undefined }, form };
  const internalDateMs = parseDateTime(tokens.expectString('date or message literal').toString('latin1'));
  if (internalDateMs === undefined) throw bad('Invalid date');
  tokens.expectSpace('message');
  form = takeForm(tokens) ?? 'literal';
  return { options: { flags, internalDateMs }, form };
}

/** What the message begins with; undefined when a date stands there. */
function takeForm(tokens: TokenReader): MessageForm | undefined {
  if (tokens.isAtAnnouncedLiteral) return 'literal';
  if (tokens.takeWord('CATENATE')) {
    tokens.expectSpace('parts');
    tokens.expectOpen('parts');
    return 'catenate';
  }
  if (!takeUtf8(tokens)) return undefined;
  return 'utf8';
}

/** `UTF8 (` before a literal8: a message with UTF-8 in its header (RFC 6855 4). We keep octets as they are either way. */
function takeUtf8(tokens: TokenReader): boolean {
  if (!tokens.takeWord('UTF8')) return false;
  tokens.expectSpace('UTF8 message');
  tokens.expectOpen('UTF8 message');
  return true;
}

async function addSpooled(
  session: ImapSession,
  append: Append,
  options: MessageOptions,
  octets: AsyncIterable<Uint8Array>,
): Promise<void> {
  const message = await receiveBinary(session, octets);
  try {
    if (message.sizeBytes === 0) throw emptyMessage();
    await append.add({ ...options, sizeBytes: message.sizeBytes }, message.octets());
  } finally {
    await message.release();
  }
}

async function addCatenated(
  session: ImapSession,
  input: CommandInput,
  append: Append,
  options: MessageOptions,
): Promise<void> {
  if (!session.isOn('CATENATE')) throw bad('Expected message literal');
  await addSpooled(session, append, options, bounded(session, catenatedParts(session, input)));
}

/** RFC 4469 4: the whole must not be larger than a message may be. */
async function* bounded(session: ImapSession, octets: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const limit = session.services.settings.get('imap.appendLimitBytes');
  let size = 0;
  for await (const chunk of octets) {
    size += chunk.length;
    if (limit !== 0 && size > limit) {
      throw refuse('imap.too_big', 'TOOBIG', `Message is larger than ${limit} octets`);
    }
    yield chunk;
  }
}

/** The parts up to `)`, in order. */
async function* catenatedParts(session: ImapSession, input: CommandInput): AsyncGenerator<Uint8Array> {
  const { tokens } = input;
  const maxParts = session.services.settings.get('imap.maxCatenateParts');
  let parts = 0;
  do {
    if (++parts > maxParts) throw refuse('imap.limit', 'LIMIT', `More than ${maxParts} parts`);
    if (tokens.takeWord('URL')) {
      tokens.expectSpace('URL');
      if (tokens.isAtAnnouncedLiteral) await input.collectLiteral();
      yield* urlPart(session, tokens.expectAstring('URL').toString('latin1'));
    } else {
      yield* textPart(session, input);
    }
  } while (tokens.takeSpace());
  tokens.expectClose('parts');
}

async function* textPart(session: ImapSession, input: CommandInput): AsyncGenerator<Uint8Array> {
  const { tokens } = input;
  const isUtf8 = takeUtf8(tokens);
  if (!isUtf8) {
    if (!tokens.takeWord('TEXT')) throw bad('Expected TEXT or URL');
    tokens.expectSpace('text');
  }
  const mark = input.announced;
  if (mark === undefined || !tokens.isAtAnnouncedLiteral) throw bad('Expected literal');
  if (isUtf8 && !(mark.binary && session.utf8)) throw bad('UTF8 needs ENABLE UTF8=ACCEPT and a literal8');
  if (mark.binary && !isUtf8 && !session.isOn('BINARY')) throw bad('Binary literal is not allowed here');
  yield* input.openLiteral(session.services.settings.get('imap.appendLimitBytes'));
  await input.nextLine();
  if (isUtf8) tokens.expectClose('UTF8 text');
}

/** RFC 4469 5: NO [BADURL …] names the URL that does not work, as the client wrote it. */
async function* urlPart(session: ImapSession, text: string): AsyncGenerator<Uint8Array> {
  const badUrl = () => {
    const shown = /^[\x21\x23-\x5b\x5e-\x7e]{1,1000}$/.test(text) ? `BADURL "${text}"` : undefined;
    return refuse('imap.bad_url', shown, 'The URL names nothing that can be read');
  };
  const url = parseImapUrl(text);
  const address = session.loggedIn?.account.address;
  // Only what the user can reach by name: an authorised URL of somebody else is for URLFETCH.
  if (url === undefined || url.auth !== undefined) throw badUrl();
  if (url.user !== undefined && (await session.services.directory.accountOf(url.user))?.address !== address) {
    throw badUrl();
  }
  const limits = mimeLimits(session);
  const message = await openUrlMessage(session.mail, url, limits, session.selected?.name);
  if (message === undefined) throw badUrl();
  try {
    const octets = await urlOctets(message, limits);
    if (octets === undefined) throw badUrl();
    let size = 0;
    for await (const chunk of octets.chunks()) {
      size += chunk.length;
      yield chunk;
    }
    if (size !== octets.sizeBytes) throw badUrl();
  } finally {
    message.close();
  }
}
