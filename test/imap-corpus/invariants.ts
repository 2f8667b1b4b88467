// What must hold for the answers of one server alone, whatever the message: no second implementation is needed to see it.

import assert from 'node:assert/strict';
import type { CorpusMessage } from './corpus.ts';
import { type Items, octetsOf } from './peer.ts';
import { type Part, structureFacts } from './structure.ts';

/** Sections that are asked for: of the message itself and of each part. */
export function sectionLabels(parts: readonly Part[]): string[] {
  const own = ['HEADER', 'TEXT', 'HEADER.FIELDS (SUBJECT FROM X-NONE)', 'HEADER.FIELDS.NOT (RECEIVED TO)'];
  const ofParts = parts.flatMap(({ path, isMessage }) => [
    path,
    `${path}.MIME`,
    ...(isMessage ? [`${path}.HEADER`, `${path}.TEXT`] : []),
  ]);
  return [...own, ...ofParts].map((section) => `BODY[${section}]`);
}

/** The request that does not set \Seen. */
export const peek = (label: string): string => label.replace('[', '.PEEK[');

/** Size and octets are those that were uploaded. */
export function assertSameOctets(message: CorpusMessage, items: Items): void {
  assert.ok(octetsOf(items, 'BODY[]')?.equals(message.octets), `${message.name}: BODY[] differs`);
  assert.equal(items.get('RFC822.SIZE'), String(message.octets.length), `${message.name}: RFC822.SIZE`);
}

/** RFC 9051 7.5.2: BODY is BODYSTRUCTURE without the extension data. Returns the parts. */
export function assertBodyFits(message: CorpusMessage, items: Items): Part[] {
  const { facts, parts } = structureFacts(items.get('BODYSTRUCTURE'));
  for (const [place, value] of structureFacts(items.get('BODY')).facts) {
    assert.equal(value, facts.get(place), `${message.name}: BODY ${place}`);
  }
  return parts;
}

/** Sections fit together and agree with BODYSTRUCTURE. */
export function assertConsistent(message: CorpusMessage, parts: readonly Part[], items: Items): void {
  const section = (name: string): Buffer => {
    const octets = octetsOf(items, `BODY[${name}]`);
    assert.ok(octets !== undefined, `${message.name}: BODY[${name}] is missing`);
    return octets;
  };
  const whole = Buffer.concat([section('HEADER'), section('TEXT')]);
  assert.ok(whole.equals(message.octets), `${message.name}: HEADER and TEXT do not make the message`);
  for (const part of parts) {
    const body = section(part.path);
    assert.equal(body.length, part.sizeBytes, `${message.name}: octets of part ${part.path}`);
    const mime = section(`${part.path}.MIME`);
    const place = Buffer.concat([mime, body]);
    assert.ok(
      message.octets.includes(place),
      `${message.name}: part ${part.path} with its header is no piece`,
    );
    if (!part.isMessage) continue;
    const inner = Buffer.concat([section(`${part.path}.HEADER`), section(`${part.path}.TEXT`)]);
    assert.ok(inner.equals(body), `${message.name}: message ${part.path} is not its header and text`);
  }
}

/** BINARY and BINARY.SIZE agree, and say what any decoder says about base64 in good order. */
export function assertDecoded(
  message: CorpusMessage,
  parts: readonly Part[],
  sections: Items,
  binary: Items,
): void {
  for (const { path, encoding, isMessage } of parts) {
    const decoded = octetsOf(binary, `BINARY[${path}]`);
    if (decoded === undefined) continue;
    assert.equal(
      binary.get(`BINARY.SIZE[${path}]`),
      String(decoded.length),
      `${message.name}: BINARY ${path}`,
    );
    const encoded = octetsOf(sections, `BODY[${path}]`)?.toString('latin1') ?? '';
    if (isMessage || encoding !== 'base64') continue;
    const digits = encoded.replace(/\s+/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(digits) || digits.length % 4 !== 0) continue;
    assert.ok(
      Buffer.from(digits, 'base64').equals(decoded),
      `${message.name}: BINARY[${path}] decodes otherwise`,
    );
  }
}
