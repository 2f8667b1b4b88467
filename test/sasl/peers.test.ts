// Log-in mechanisms with clients of other authors on a running server: GNU SASL for SCRAM (with channel binding, over IMAP and
// submission), curl for bearer tokens and client certificates over IMAP, submission and POP3.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type LogInServer, startLogInServer } from '../fixture/log-in-server.ts';
import { certificatePath } from '../fixture/server.ts';

const alice = 'alice@example.test';
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let server: LogInServer;
before(async () => {
  server = await startLogInServer({
    settings: [
      ['auth.tokenKeysFile', 'keys.json'],
      ['auth.tokenIssuer', 'https://id.example.test/'],
      ['auth.tokenAudience', 'mail'],
      ['auth.clientCaFile', 'client-ca.crt'],
      ['guard.delayMs', '0'],
    ],
    prepare: async ({ data }) => {
      await writeFile(
        join(data, 'keys.json'),
        JSON.stringify({ keys: [keys.publicKey.export({ format: 'jwk' })] }),
      );
      await makeClientCertificates(data);
    },
  });
});
after(() => server.stop());

interface Run {
  readonly code: number;
  readonly output: string;
}

/** Runs a program with empty standard input; both outputs joined. */
function run(program: string, args: readonly string[], cwd = '/'): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 30_000, cwd }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr });
    });
    child.stdin?.end();
  });
}

async function makeClientCertificates(folder: string): Promise<void> {
  const openssl = async (...args: string[]): Promise<void> => {
    const { code, output } = await run('openssl', args, folder);
    assert.equal(code, 0, output);
  };
  for (const ca of ['client-ca', 'other-ca']) {
    await openssl(
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
    await writeFile(join(folder, 'san.ext'), `subjectAltName=email:${alice}\n`);
    await openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${ca}-alice.pem`,
      '-out',
      'a.csr',
      '-subj',
      '/CN=Alice',
    );
    await openssl(
      'x509',
      '-req',
      '-in',
      'a.csr',
      '-CA',
      `${ca}.crt`,
      '-CAkey',
      `${ca}.pem`,
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'san.ext',
      '-out',
      `${ca}-alice.crt`,
    );
  }
}

function token(claims: object = {}): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const all = {
    iss: 'https://id.example.test/',
    aud: 'mail',
    exp: Math.floor(Date.now() / 1000) + 300,
    email: alice,
    ...claims,
  };
  const signed = `${part({ alg: 'ES256' })}.${part(all)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: keys.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

describe('GNU SASL', () => {
  const gsasl = (
    protocol: 'imap' | 'smtp',
    mechanism: string,
    password: string,
    ...more: string[]
  ): Promise<Run> => {
    const port = protocol === 'imap' ? server.ports.imap : server.ports.submission;
    return run('gsasl', [
      `--${protocol}`,
      `--mechanism=${mechanism}`,
      `--authentication-id=${alice}`,
      `--password=${password}`,
      `--connect=localhost:${port}`,
      `--x509-ca-file=${certificatePath(server)}`,
      ...more,
    ]);
  };

  for (const protocol of ['imap', 'smtp'] as const) {
    for (const mechanism of ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN', 'LOGIN']) {
      test(`${mechanism} over ${protocol}`, async () => {
        // A client that knows of PLUS sends `y` with the plain mechanism: it must be told not to.
        const more = mechanism === 'SCRAM-SHA-256' ? ['--no-cb'] : [];
        const right = await gsasl(protocol, mechanism, server.password(alice), ...more);
        assert.equal(right.code, 0, right.output);
        const wrong = await gsasl(protocol, mechanism, 'wrong', ...more);
        assert.notEqual(wrong.code, 0);
        assert.match(wrong.output, /AUTHENTICATIONFAILED|535 5\.7\.8/);
      });
    }
  }

  test('its own verifier is what ours is: SCRAM-SHA-256 of the same password and salt', async () => {
    const users = JSON.parse(await readFile(join(server.data, 'users.json'), 'utf8')).users;
    const { scram } = users.find((user: { address: string }) => user.address === alice);
    const args = ['--mkpasswd', '--mechanism=SCRAM-SHA-256', `--password=${server.password(alice)}`];
    const made = await run('gsasl', [
      ...args,
      `--iteration-count=${scram.iterations}`,
      `--salt=${scram.salt}`,
    ]);
    assert.equal(
      made.output.trim(),
      `{SCRAM-SHA-256}${scram.iterations},${scram.salt},${scram.storedKey},${scram.serverKey}`,
    );
  });
});

describe('curl', () => {
  const common = (): string[] => [
    '--silent',
    '--show-error',
    '--verbose',
    '--cacert',
    certificatePath(server),
    '--max-time',
    '20',
  ];
  const urls = (): readonly (readonly [string, readonly string[]])[] => [
    ['IMAP', [`imaps://localhost:${server.ports.imaps}/`]],
    ['POP3', [`pop3s://localhost:${server.pop3s}/`]],
    [
      'SMTP',
      [
        `smtps://localhost:${server.ports.submissions}/x.example`,
        '--mail-from',
        alice,
        '--mail-rcpt',
        alice,
        '--upload-file',
        '/dev/null',
      ],
    ],
  ];

  for (const mechanism of ['OAUTHBEARER', 'XOAUTH2']) {
    for (const index of [0, 1, 2]) {
      test(`${mechanism} over ${['IMAP', 'POP3', 'SMTP'][index]}, with and without an initial response`, async () => {
        const [, url] = urls()[index] ?? ['', []];
        const login = ['--login-options', `AUTH=${mechanism}`, '--user', alice];
        for (const more of [['--sasl-ir'], []]) {
          const right = await run('curl', [
            ...common(),
            ...more,
            ...login,
            '--oauth2-bearer',
            token(),
            ...url,
          ]);
          assert.equal(right.code, 0, right.output);
        }
        const wrong = await run('curl', [
          ...common(),
          ...login,
          '--oauth2-bearer',
          token({ aud: 'web' }),
          ...url,
        ]);
        assert.equal(wrong.code, 67, wrong.output);
        const other = ['--login-options', `AUTH=${mechanism}`, '--user', 'bob@example.test'];
        const foreign = await run('curl', [...common(), ...other, '--oauth2-bearer', token(), ...url]);
        assert.equal(foreign.code, 67, foreign.output);
      });
    }
  }

  for (const index of [0, 1, 2]) {
    test(`EXTERNAL over ${['IMAP', 'POP3', 'SMTP'][index]}: the certificate of our authority, and no other`, async () => {
      const [, url] = urls()[index] ?? ['', []];
      const attempt = (ca: string): Promise<Run> =>
        run('curl', [
          ...common(),
          '--login-options',
          'AUTH=EXTERNAL',
          '--user',
          `${alice}:`,
          '--cert',
          join(server.data, `${ca}-alice.crt`),
          '--key',
          join(server.data, `${ca}-alice.pem`),
          ...url,
        ]);
      const right = await attempt('client-ca');
      assert.equal(right.code, 0, right.output);
      assert.match(right.output, /EXTERNAL/);
      const wrong = await attempt('other-ca');
      assert.notEqual(wrong.code, 0);
      assert.doesNotMatch(wrong.output, /^< .*EXTERNAL/m, 'not even announced');
    });
  }
});
