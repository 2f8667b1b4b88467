import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSelfSigned } from '../host/self-signed.ts';
import { readClientAuthorities } from './client-authorities.ts';

const folder = mkdtempSync(join(tmpdir(), 'tegu-ca-'));
after(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=ca'];
execFileSync('openssl', [...request, '-keyout', path('ca.pem'), '-out', path('ca.crt')], { stdio: 'pipe' });
const ca = readFileSync(path('ca.crt'), 'utf8');

test('authorities are read, with text around them', async () => {
  writeFileSync(path('two.crt'), `our authorities\n${ca}\nand again\n${ca}`);
  const read = (await readClientAuthorities(path('two.crt'))).toString();
  assert.equal(read.match(/BEGIN CERTIFICATE/g)?.length, 2);
});

const { certificatePem } = await createSelfSigned(['localhost'], [], Date.now(), 2);
const bad: readonly (readonly [string, string, RegExp])[] = [
  ['empty', '', /no certificate \(PEM\)/],
  ['a key', readFileSync(path('ca.pem'), 'utf8'), /no certificate \(PEM\)/],
  ['damaged', ca.replace(/[A-Za-z]{8}/g, 'AAAAAAAA'), /no certificate|certificate 1 of/],
  ['no authority', `${ca}${certificatePem}`, /certificate 2 of .*no certificate authority/],
];
for (const [name, text, expected] of bad) {
  test(`a file that is ${name} is refused, and the setting named`, async () => {
    writeFileSync(path('bad.crt'), text);
    await assert.rejects(readClientAuthorities(path('bad.crt')), (error: Error) => {
      assert.match(error.message, /^auth\.clientCaFile: /);
      assert.match(error.message, expected);
      return true;
    });
  });
}

test('a missing file is refused, and the setting named', async () => {
  await assert.rejects(readClientAuthorities(path('none.crt')), /^Permanent: auth\.clientCaFile: ENOENT/);
});
