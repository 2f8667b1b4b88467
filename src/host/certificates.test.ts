import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Certificates } from './certificates.ts';
import { type Log, silentLog } from './log.ts';
import { createSelfSigned } from './self-signed.ts';

const now = Date.UTC(2026, 10, 25);
let folder: string;
const warnings: string[] = [];
const log: Log = { ...silentLog, warn: (event, fields) => warnings.push(`${event} ${String(fields?.pair)}`) };

async function put(pair: string, names: readonly string[], days = 30): Promise<void> {
  const { keyPem, certificatePem } = await createSelfSigned(names, [], now, days);
  await writeFile(join(folder, `${pair}.key`), keyPem);
  await writeFile(join(folder, `${pair}.crt`), certificatePem);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tegu-tls-'));
});
after(() => rm(folder, { recursive: true }));
beforeEach(() => {
  warnings.length = 0;
});

describe('certificates', () => {
  test('an empty directory is an error that says what to do', async () => {
    await assert.rejects(Certificates.load(folder, log), {
      code: 'host.no_certificate',
      message: /NAME\.crt with NAME\.key/,
    });
  });

  test('the name asked for chooses: exact, one wildcard level, else the default', async () => {
    await put('default', ['mail.default.test']);
    await put('exact', ['mail.exact.test']);
    await put('wild', ['*.wild.test'], 10);
    const certificates = await Certificates.load(folder, log);
    const byDefault = certificates.defaultContext;
    assert.notEqual(certificates.select('mail.exact.test'), byDefault);
    assert.equal(certificates.select('MAIL.Exact.Test'), certificates.select('mail.exact.test'));
    assert.notEqual(certificates.select('a.wild.test'), byDefault);
    assert.equal(certificates.select('a.b.wild.test'), byDefault);
    assert.equal(certificates.select('wild.test'), byDefault);
    assert.equal(certificates.select('nobody.test'), byDefault);
    assert.equal(certificates.select(''), byDefault);
    assert.equal(certificates.firstExpiryMs, now + 10 * 86_400_000);
  });

  test('a pair that breaks keeps its predecessor in use; a new broken one is left out, with a warning', async () => {
    const certificates = await Certificates.load(folder, log);
    const before = certificates.select('mail.exact.test');
    await writeFile(join(folder, 'exact.crt'), 'garbage');
    await writeFile(join(folder, 'new.crt'), 'garbage');
    await certificates.reload();
    assert.equal(certificates.select('mail.exact.test'), before);
    assert.deepEqual(warnings.sort(), ['tls.pair_unusable exact', 'tls.pair_unusable new']);
  });

  test('a key of another certificate is not taken', async () => {
    const other = await createSelfSigned(['other.test'], [], now, 30);
    await writeFile(join(folder, 'new.key'), other.keyPem);
    const { certificatePem } = await createSelfSigned(['new.test'], [], now, 30);
    await writeFile(join(folder, 'new.crt'), certificatePem);
    const certificates = await Certificates.load(folder, log);
    assert.equal(certificates.select('new.test'), certificates.defaultContext);
    assert.ok(warnings.includes('tls.pair_unusable new'));
  });
});
