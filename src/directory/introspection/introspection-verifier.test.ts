import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Secret } from '../../base/secret.ts';
import { FixtureSettings } from '../../routing/fixture.ts';
import { IntrospectionVerifier } from './introspection-verifier.ts';

const folder = mkdtempSync(join(tmpdir(), 'tegu-introspection-'));
writeFileSync(join(folder, 'secret'), 'se cret:1\nsecond line\n');

interface Question {
  readonly method: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

const questions: Question[] = [];
let answer: (response: ServerResponse) => void;
const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
  let body = '';
  for await (const part of request) body += part;
  questions.push({ method: request.method, authorization: request.headers.authorization, body });
  answer(response);
});
let url = '';
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`;
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const nowMs = Date.UTC(2026, 10, 25, 12);
let clockMs = nowMs;
function verifier(settings: ConstructorParameters<typeof FixtureSettings>[1] = {}): IntrospectionVerifier {
  questions.length = 0;
  clockMs = nowMs;
  return new IntrospectionVerifier({
    settings: new FixtureSettings([], { 'auth.introspectionUrl': url, ...settings }),
    resolvePath: (file) => join(folder, file),
    clock: { nowMs: () => clockMs, monotonicMs: () => clockMs },
  });
}
const json = (value: unknown) => (response: ServerResponse) => {
  response.end(JSON.stringify(value));
};
const active = { active: true, email: 'alice@example.test', exp: nowMs / 1000 + 30 };

test('asks with the token in the body and our own credentials, form-encoded (RFC 7662 2.1, RFC 6749 2.3.1)', async () => {
  answer = json(active);
  const one = verifier({
    'auth.introspectionClientId': 'mail server',
    'auth.introspectionSecretFile': 'secret',
  });
  assert.deepEqual(await one.verify(new Secret('a b&c')), { kind: 'valid', login: 'alice@example.test' });
  assert.equal(questions[0]?.method, 'POST');
  assert.equal(questions[0]?.body, 'token=a+b%26c&token_type_hint=access_token');
  const basic = Buffer.from(questions[0]?.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
  assert.equal(basic, 'mail+server:se+cret%3A1');
});

test('an answer is remembered for its time, and never past exp', async () => {
  answer = json(active);
  const one = verifier();
  await Promise.all([one.verify(new Secret('t')), one.verify(new Secret('t'))]);
  await one.verify(new Secret('t'));
  assert.equal(questions.length, 1);
  clockMs += 31_000;
  await one.verify(new Secret('t'));
  assert.equal(questions.length, 2);
});

test('a cache of two forgets the oldest', async () => {
  answer = json({ ...active, exp: undefined });
  const one = verifier({ 'auth.introspectionCacheEntries': 2 });
  for (const token of ['a', 'b', 'c', 'b', 'c']) await one.verify(new Secret(token));
  assert.equal(questions.length, 3);
  await one.verify(new Secret('a'));
  assert.equal(questions.length, 4);
});

const invalid: readonly (readonly [string, unknown, object])[] = [
  ['not active', { active: false }, {}],
  ['not active', { ...active, active: 'true' }, {}],
  ['expired', { ...active, exp: nowMs / 1000 - 100 }, {}],
  ['audience', { ...active, aud: 'web' }, { 'auth.tokenAudience': 'mail' }],
  ['no user', { active: true }, {}],
];
for (const [reason, value, settings] of invalid) {
  test(`an answer ${JSON.stringify(value).slice(0, 40)} is refused: ${reason}`, async () => {
    answer = json(value);
    assert.deepEqual(await verifier(settings).verify(new Secret('t')), { kind: 'invalid', reason });
  });
}

const silent: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['status 500', (response) => response.writeHead(500).end('{}')],
  ['status 401', (response) => response.writeHead(401).end('{"active":true}')],
  ['a redirect', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ['no JSON', (response) => response.end('<html>')],
  ['JSON that is no object', (response) => response.end('null')],
  ['a connection that breaks', (response) => response.destroy()],
  ['nothing in time', () => {}],
  [
    'an answer without end',
    (response) => {
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(60_000), () => setTimeout(more, 1));
      };
      more();
    },
  ],
];
for (const [what, reply] of silent) {
  test(`${what} is a temporary failure, and not remembered`, async () => {
    answer = reply;
    const one = verifier({ 'auth.introspectionTimeoutMs': 300 });
    await assert.rejects(one.verify(new Secret('t')), { code: 'directory.token_unavailable' });
    answer = json(active);
    assert.equal((await one.verify(new Secret('t'))).kind, 'valid');
  });
}

test('nothing is sent unless a URL is configured', () => {
  assert.equal(verifier({ 'auth.introspectionUrl': '' }).isConfigured, false);
});
