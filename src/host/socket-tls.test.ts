import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect, type SecureVersion } from 'node:tls';
import type { TraceId } from '../base/brands.ts';
import { Certificates } from './certificates.ts';
import { silentLog } from './log.ts';
import { createSelfSigned } from './self-signed.ts';
import { SocketConnection } from './socket-connection.ts';
import { emailNames } from './socket-tls.ts';

const folder = mkdtempSync(join(tmpdir(), 'tegu-tls-'));
after(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

/** A client certificate for alice, signed by authority `by`. */
function issue(name: string, by: string, days: string): void {
  writeFileSync(path('san.ext'), 'subjectAltName=email:alice@example.test,DNS:x.example\n');
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${name}.pem`,
    '-out',
    'r.csr',
    '-subj',
    '/O=x/CN=Alice A',
  );
  openssl(
    'x509',
    '-req',
    '-in',
    'r.csr',
    '-CA',
    `${by}.crt`,
    '-CAkey',
    `${by}.pem`,
    '-CAcreateserial',
    '-days',
    days,
    '-extfile',
    'san.ext',
    '-out',
    `${name}.crt`,
  );
}
for (const ca of ['ca', 'other']) {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${ca}.pem`,
    '-out',
    `${ca}.crt`,
    '-days',
    '2',
    '-subj',
    `/CN=${ca}`,
  );
}
issue('good', 'ca', '2');
issue('stranger', 'other', '2');
issue('expired', 'ca', '-1');

const server = await createSelfSigned(['localhost'], ['127.0.0.1'], Date.now(), 2);
execFileSync('mkdir', ['-p', path('tls')]);
writeFileSync(path('tls/default.crt'), server.certificatePem);
writeFileSync(path('tls/default.key'), server.keyPem);
const certificates = await Certificates.load(path('tls'), silentLog, readFileSync(path('ca.crt')));

interface Seen {
  readonly exporter: string | undefined;
  readonly endPoint: string | undefined;
  readonly email: readonly string[] | undefined;
  readonly commonName: readonly string[] | undefined;
}

/** Shakes hands once and returns what both sides know. */
async function shake(
  client: string | undefined,
  options: { readonly maxVersion?: SecureVersion; readonly session?: Buffer; readonly ask?: boolean } = {},
): Promise<{ seen: Seen; exporter: string; session: Buffer | undefined }> {
  let seen: Seen | undefined;
  const hex = (octets: Uint8Array | undefined) => octets && Buffer.from(octets).toString('hex');
  const listener = createServer(async (socket) => {
    const connection = new SocketConnection(socket, {
      id: 'x' as TraceId,
      draining: new AbortController().signal,
      writeTimeoutMs: 5_000,
      tls: () => ({
        secureContext: certificates.defaultContext,
        selectContext: (name) => certificates.select(name),
        handshakeTimeoutMs: 5_000,
        requestCertificate: options.ask ?? true,
      }),
    });
    await connection.startTls();
    const { tls } = connection;
    seen = {
      exporter: hex(tls?.channelBinding?.('tls-exporter')),
      endPoint: hex(tls?.channelBinding?.('tls-server-end-point')),
      email: tls?.clientNames?.('email'),
      commonName: tls?.clientNames?.('commonName'),
    };
    connection.write('x');
    await connection.flush();
    await connection.end();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const key =
    client === undefined
      ? {}
      : { cert: readFileSync(path(`${client}.crt`)), key: readFileSync(path(`${client}.pem`)) };
  const { ask: _, ...tlsOptions } = options;
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    rejectUnauthorized: false,
    ...key,
    ...tlsOptions,
  });
  let session: Buffer | undefined;
  socket.on('session', (ticket: Buffer) => {
    session = ticket;
  });
  let exporter = '';
  socket.on('secureConnect', () => {
    exporter = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)).toString('hex');
  });
  socket.resume();
  await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject));
  await new Promise((resolve) => listener.close(resolve));
  assert.ok(seen !== undefined);
  return { seen, exporter, session };
}

test('tls-exporter is what the client computes, tls-server-end-point the hash of our certificate', async () => {
  const { seen, exporter } = await shake(undefined);
  assert.equal(seen.exporter, exporter);
  const hash = createHash('sha256').update(new X509Certificate(server.certificatePem).raw).digest('hex');
  assert.equal(seen.endPoint, hash);
});

test('before TLS 1.3 there is no tls-exporter', async () => {
  const { seen } = await shake(undefined, { maxVersion: 'TLSv1.2' });
  assert.equal(seen.exporter, undefined);
  assert.equal(seen.endPoint?.length, 64);
});

test('a certificate of the configured authority names its owner, also when the session is resumed', async () => {
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const { seen, session } = await shake('good', { maxVersion });
    assert.deepEqual(seen.email, ['alice@example.test']);
    assert.deepEqual(seen.commonName, ['Alice A']);
    assert.ok(session !== undefined);
    const again = await shake('good', { maxVersion, session });
    assert.deepEqual(again.seen.email, ['alice@example.test']);
  }
});

const worthless: readonly (readonly [string, string | undefined, boolean])[] = [
  ['of another authority', 'stranger', true],
  ['that has expired', 'expired', true],
  ['that is missing', undefined, true],
  ['that nobody asked for', 'good', false],
];
for (const [what, client, ask] of worthless) {
  test(`a client certificate ${what} names nobody and does not end the handshake`, async () => {
    const { seen } = await shake(client, { ask });
    assert.equal(seen.email, undefined);
    assert.equal(seen.commonName, undefined);
  });
}

test('one odd entry of subjectAltName cannot look like an address of somebody else', () => {
  const names = (subjectAltName: string | undefined) => emailNames({ subjectAltName });
  assert.deepEqual(names('email:a@b.example, DNS:x, email:c@d.example'), ['a@b.example', 'c@d.example']);
  assert.deepEqual(names('email:"x, email:admin@b.example"'), []);
  assert.deepEqual(names('DNS:"x, email:admin@b.example", email:a@b.example'), ['a@b.example']);
  assert.deepEqual(names('othername:<unsupported>, email:a@b.example'), ['a@b.example']);
  assert.deepEqual(names('broken'), []);
  assert.deepEqual(names(undefined), []);
});
