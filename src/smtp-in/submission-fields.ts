// Date and Message-ID for submitted messages that lack them (RFC 6409 8.1, 8.2). Only looks; the message itself is not touched.

import type { MessageBody } from '../base/message-body.ts';
import { formatMessageDate } from '../proto/smtp/message-date.ts';

/** Fields to put in front of the message, '' when it has both. At most `maxHeaderBytes` of it are looked at. */
export async function missingFields(
  body: MessageBody,
  maxHeaderBytes: number,
  facts: { readonly id: string; readonly hostname: string; readonly nowMs: number },
): Promise<string> {
  const names = fieldNames(await readHeader(body, maxHeaderBytes));
  const date = names.has('date') ? '' : `Date: ${formatMessageDate(facts.nowMs)}\r\n`;
  const id = names.has('message-id') ? '' : `Message-ID: <${facts.id}@${facts.hostname}>\r\n`;
  return date + id;
}

/** The header as latin1 text, without the empty line. */
async function readHeader(body: MessageBody, maxBytes: number): Promise<string> {
  let text = '';
  for await (const chunk of body.chunks()) {
    const searchFrom = Math.max(0, text.length - 3);
    text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    // RFC 5322 2.1: the first empty line ends the header; a message may begin with it.
    if (text.startsWith('\r\n')) return '';
    const end = text.indexOf('\r\n\r\n', searchFrom);
    if (end !== -1) return text.slice(0, end);
    if (text.length >= maxBytes) break;
  }
  return text;
}

/** Lower-case names of the fields; continuation lines have none. */
function fieldNames(header: string): Set<string> {
  const names = new Set<string>();
  for (const match of header.matchAll(/^([!-9;-~]+)[ \t]*:/gm)) names.add((match[1] as string).toLowerCase());
  return names;
}
