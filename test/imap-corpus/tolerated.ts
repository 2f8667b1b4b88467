// Where we and Dovecot may differ: every class has a name and a reason. A difference of no class fails the test, and so does a
// class that explains nothing any more. Of well-formed messages only those of the last group are left.

import type { CorpusMessage } from './corpus.ts';
import type { Difference } from './difference.ts';

export interface Tolerated {
  readonly name: string;
  /** Why both answers may stand, or why ours is right. */
  readonly reason: string;
  readonly applies: (difference: Difference, message: CorpusMessage) => boolean;
}

export const tolerated: readonly Tolerated[] = [
  {
    name: 'no message',
    reason:
      'Pictures, keys, JSON and cut files: where a header ends that is no header is a guess on both sides.',
    applies: (_, message) => !hasHeader(message.octets),
  },
  {
    name: 'limits',
    reason:
      'More parts, levels or header than mime.maxParts, mime.maxDepth and mime.maxHeaderBytes describe (E01).',
    applies: (_, { name }) => /generated-torture.*\/(nest-|parts-|header-1MiB)/.test(name),
  },
  {
    name: 'type without subtype',
    reason:
      'I04: always type and subtype; what cannot be read is text/plain (RFC 2045 5.2). Dovecot sends empty strings.',
    applies: ({ place, ours, theirs }) =>
      place === 'shape' && ours === theirs.replace(/type=(?:\/|text\/)(?= |$)/g, 'type=text/plain'),
  },
  {
    name: 'boundary that is none',
    reason:
      'Unquoted with "=", over 70 characters, ending in a blank, missing, behind ";;": RFC 2046 5.1.1 forbids them all.',
    applies: (_, { octets }) => hasOddBoundary(octets.toString('latin1')),
  },
  {
    name: 'transfer encoding that stands alone or is malformed',
    reason:
      'We read it without MIME-Version and with a stray semicolon, since senders mean it; Dovecot takes 7bit.',
    applies: ({ place, theirs }) => place.endsWith('.encoding') && theirs === '«7bit»',
  },
  {
    name: 'disposition that is malformed',
    reason: 'No disposition is better than one with an empty name (RFC 9051 9, body-fld-dsp is a string).',
    applies: ({ place, ours, theirs }) =>
      place.endsWith('.disposition') && ours === 'NIL' && theirs === '(«» NIL)',
  },
  {
    name: 'address that is malformed',
    reason:
      'Comments, domains alone, colons and bare words: we go on behind them, Dovecot stops or drops the name.',
    applies: ({ place, ours, theirs }) =>
      /envelope\.(from|sender|reply-to|to|cc|bcc)$/.test(place) &&
      (/MISSING_|NIL\)/.test(theirs) || ours.startsWith(theirs.slice(0, -1))),
  },
  {
    name: 'encoded message/global',
    reason: 'Dovecot takes message/global for a leaf; RFC 6532 3.7 and RFC 9051 7.5.2 give it an envelope.',
    applies: (_, { octets }) => /^Content-Type: message\/global/im.test(octets.toString('latin1')),
  },
  {
    name: 'empty line of a part without body',
    reason:
      'RFC 9051 6.4.5.1: MIME and HEADER include the empty line. Dovecot gives it to the delimiter that follows.',
    applies: ({ place, ours, theirs }) => /\.(MIME|HEADER)\]$/.test(place) && ours === `${theirs}\r\n`,
  },
  {
    name: 'line end before a delimiter',
    reason:
      'RFC 2046 5.1.1: it belongs to the delimiter. Dovecot counts it to an attached message that ends there.',
    applies: ({ place, ours, theirs }) =>
      theirs === `${ours}\r\n` ||
      (place.endsWith('.size') && Number(theirs) - Number(ours) === 2) ||
      (place.endsWith('.lines') && Number(theirs) - Number(ours) === 1),
  },
];

/** A header: fields and continuations up to an empty line, perhaps below an mbox line. */
function hasHeader(octets: Buffer): boolean {
  const end = octets.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const lines = octets.toString('latin1', 0, end).split('\r\n');
  if (lines[0]?.startsWith('From ')) lines.shift();
  return (
    lines.length > 0 &&
    lines.every((line, i) => /^[!-9;-~]+[ \t]*:/.test(line) || (i > 0 && /^[ \t]/.test(line)))
  );
}

function hasOddBoundary(text: string): boolean {
  const isMultipart = /^Content-Type:\s*multipart\//im.test(text);
  return (
    /boundary=[^"\s;]*=/i.test(text) ||
    /boundary="?[^"\s;]{71}/i.test(text) ||
    /boundary="[^"\r\n]*[ \t]"/i.test(text) ||
    /^Content-Type:\s*multipart\/[^\r\n]*;\s*;/im.test(text) ||
    (isMultipart && !/boundary\s*=/i.test(text))
  );
}
