// Every message of the public collections beside the repository goes through DATA and through BDAT, octet for octet.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SmtpFixture, talk } from '../../src/smtp-in/fixture.ts';

const corpora = join(import.meta.dirname, '../../../shared/corpora/mail');
const maxFileBytes = 4_000_000;

async function files(): Promise<string[]> {
  const entries = await readdir(corpora, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** As a sending server makes it: every line end CRLF, the last line ended. */
function onTheWire(octets: Buffer): string {
  const text = octets.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n');
  return text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`;
}

const stuffed = (text: string): string => text.replace(/^\./gm, '..');

test('all messages of the corpora pass DATA and BDAT unchanged', {
  skip: existsSync(corpora) ? false : 'not run: the corpora are absent',
}, async () => {
  const fixture = new SmtpFixture({ 'smtp.maxReceivedFields': 10_000, 'smtp.spoolMemoryBytes': 100_000 });
  const connection = await fixture.open();
  let count = 0;
  for (const file of await files()) {
    const text = onTheWire(await readFile(file));
    if (text.length > maxFileBytes) continue;
    count += 1;
    const envelope = 'MAIL FROM:<a@b.example> BODY=8BITMIME\r\nRCPT TO:<alice@example.test>\r\n';
    await talk(connection, `${envelope}DATA\r\n`);
    const wire = Buffer.from(`${stuffed(text)}.\r\n`, 'latin1');
    for (let at = 0; at < wire.length; at += 20_000) connection.push(wire.subarray(at, at + 20_000));
    await connection.idle();
    assert.match(connection.take(), /^250 2\.0\.0 /, file);
    const chunk = Buffer.from(`${envelope}BDAT ${text.length} LAST\r\n${text}`, 'latin1');
    const [reply] = await talk(connection, chunk);
    assert.match(reply ?? '', /\n250 2\.0\.0 Ok, stored[^\n]*\n$/, file);
    for (const taken of fixture.sink.taken.splice(0)) {
      assert.ok(taken.octets.equals(Buffer.from(text, 'latin1')), `${file} was changed`);
    }
  }
  assert.ok(count > 1000, `only ${count} messages were found`);
});
