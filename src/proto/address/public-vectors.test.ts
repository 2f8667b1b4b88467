// Addresses collected for isemail (vectors beside the repository), judged by the envelope grammar: what isemail calls valid
// as it stands or valid for RFC 5321 passes, everything else is refused. Departures are listed with their reason.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { domainToASCII } from 'node:url';
import { Fault } from '../../base/outcome.ts';
import { parseMailbox } from './mailbox.ts';

const file = join(import.meta.dirname, '../../../../shared/vectors/isemail/test/tests.xml');

const longer = 'longer than RFC 5321 4.5.3.1 asks for: such addresses exist in forwarded mail (limits.ts)';
/** Id of a vector → why it passes here all the same. */
const departures: Readonly<Record<string, string>> = {
  26: longer,
  39: longer,
  59: longer,
  60: longer,
  71: 'RFC 5952 advises against :: for one group, it does not forbid it',
};
const validCategories = ['ISEMAIL_VALID_CATEGORY', 'ISEMAIL_DNSWARN', 'ISEMAIL_RFC5321'];

interface Vector {
  readonly id: string;
  readonly address: string;
  readonly valid: boolean;
}

function readVectors(): Vector[] {
  const xml = readFileSync(file, 'utf8');
  const field = (block: string, name: string): string =>
    new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(block)?.[1] ?? '';
  return [...xml.matchAll(/<test id="(\d+)">([\s\S]*?)<\/test>/g)].map(([, id = '', block = '']) => {
    return {
      id,
      address: decodeXml(field(block, 'address')),
      valid: validCategories.includes(field(block, 'category')) || id in departures,
    };
  });
}

/** Character references; the symbols U+2400… stand for control characters (header of the file). */
function decodeXml(text: string): string {
  return text
    .replace(/&#x([0-9A-Fa-f]+);/g, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&(lt|gt|quot|amp);/g, (_, name) => ({ lt: '<', gt: '>', quot: '"', amp: '&' })[name as 'lt'])
    .replace(/[\u2400-\u241f]/g, (symbol) => String.fromCharCode(symbol.charCodeAt(0) - 0x2400));
}

test('S17: the isemail vectors', { skip: existsSync(file) ? false : 'not run: vectors are absent' }, () => {
  const vectors = readVectors();
  assert.ok(vectors.length > 150);
  const wrong = vectors.filter(({ address, valid }) => {
    try {
      parseMailbox(address, domainToASCII);
      return !valid;
    } catch (error) {
      assert.ok(error instanceof Fault);
      return valid;
    }
  });
  assert.deepEqual(wrong, []);
});
