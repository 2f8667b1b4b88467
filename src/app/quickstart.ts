// tegu quickstart: a server with nothing configured. The first run makes a data directory with tegu.conf, a self-signed
// certificate, the domain example.test and the users alice, bob and admin with random passwords; later runs start what is
// there. Listens on loopback and high ports.

import { randomBytes } from 'node:crypto';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { DomainName } from '../base/brands.ts';
import { makePasswordFields } from '../directory/json/password-fields.ts';
import { editUserFile, readUserFile } from '../directory/json/user-file.ts';
import type { Log } from '../host/log.ts';
import { createSelfSigned } from '../host/self-signed.ts';
import { forgetFailure, syncData, syncDirectory } from '../native/file-io.ts';
import { mainStore } from '../settings/document-check.ts';
import { schema } from '../settings/schema/index.ts';
import { openSettingsDatabase } from '../settings/sqlite/settings-database.ts';
import { loadConfigurationFile, newConfigurationText } from './configuration-file.ts';
import { dataPaths } from './data-paths.ts';
import { runServe, type ServingPorts } from './supervisor.ts';

export interface QuickstartOptions {
  /** Data directory; made when missing. */
  readonly data: string;
  readonly portOffset: number;
  /** Address to listen on. */
  readonly listen: string;
  readonly workers: number;
  /** Print one JSON line instead of the table. */
  readonly json: boolean;
  readonly log: Log;
}

/** A user with the password that was just made, or undefined when the user was there before. */
interface QuickUser {
  readonly address: string;
  readonly password: string | undefined;
}

const domain = 'example.test' as DomainName;
const certificateDays = 825;

/** Ports above 1024, so that no privilege is needed. */
const ports = {
  'listen.smtpPort': 2525,
  'listen.submissionPort': 2587,
  'listen.submissionsPort': 2465,
  'listen.imapPort': 2143,
  'listen.imapsPort': 2993,
} as const;

/** Prepares what is missing, serves until a signal, resolves after the drain. */
export async function runQuickstart(options: QuickstartOptions): Promise<void> {
  const data = resolve(options.data);
  const users = await prepare(data);
  const configurationFile = join(data, 'tegu.conf');
  await runServe({ ...options, configurationFile }, (serving) => {
    const text = options.json ? readyLine(serving, users) : table(data, options.listen, serving, users);
    process.stdout.write(`${text}\n`);
  });
}

/** Makes whatever of a trial installation is not there yet; safe to run again after a crash in the middle. */
async function prepare(data: string): Promise<readonly QuickUser[]> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  const file = join(data, 'tegu.conf');
  if (!(await exists(file))) await writeAtomically(file, newConfigurationText('.'));
  const configuration = await loadConfigurationFile(file);
  const paths = dataPaths(configuration.dataDirectory);
  // A store never makes its own root: a missing mount must not look like an empty store.
  await mkdir(configuration.dataStore.slice('maildir:'.length), { recursive: true, mode: 0o700 });
  await makeCertificate(paths.tls);
  await makeSettings(configuration.configurationStore.slice('sqlite:'.length));
  return makeUsers(paths.users, configuration.firstAdminPassword?.reveal());
}

async function makeCertificate(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const certificate = join(directory, 'default.crt');
  if (await exists(certificate)) return;
  const names = [...new Set(['localhost', hostname(), `mail.${domain}`])];
  const { keyPem, certificatePem } = await createSelfSigned(
    names,
    ['127.0.0.1'],
    Date.now(),
    certificateDays,
  );
  await writeAtomically(join(directory, 'default.key'), keyPem);
  await writeAtomically(certificate, certificatePem);
}

async function makeSettings(path: string): Promise<void> {
  const store = await openSettingsDatabase(path, { syncData, syncDirectory, forgetFailure });
  try {
    const { info } = await store.load();
    if (info.revision > 0) return;
    await store.save(
      0,
      {
        values: { ...ports, 'listen.address': '127.0.0.1', 'server.logLevel': 'warn' },
        domains: [
          {
            name: domain,
            store: mainStore,
            aliases: {},
            catchAll: undefined,
            recipientDelimiter: '+',
            quotaBytes: 0,
          },
        ],
        stores: [],
      },
      { author: 'quickstart', note: 'first start' },
    );
  } finally {
    await store.close();
  }
}

async function makeUsers(path: string, adminPassword: string | undefined): Promise<readonly QuickUser[]> {
  const present = await readUserFile(path);
  if (present.length > 0) return present.map(({ address }) => ({ address, password: undefined }));
  const cost = {
    memoryKib: schema['directory.argon2MemoryKib'].default,
    passes: schema['directory.argon2Passes'].default,
    scramIterations: schema['auth.scramIterations'].default,
  };
  const users: QuickUser[] = ['alice', 'bob', 'admin'].map((name) => ({
    address: `${name}@${domain}`,
    password: name === 'admin' && adminPassword !== undefined ? adminPassword : randomPassword(),
  }));
  const records = await Promise.all(
    users.map(async ({ address, password = '' }) => ({
      address,
      ...(await makePasswordFields(password, cost)),
      ...(address.startsWith('admin@') ? { admin: true } : {}),
    })),
  );
  await editUserFile(path, (existing) => [existing.length > 0 ? existing : records, undefined]);
  return users;
}

/** 96 bits in characters that need no quoting anywhere. */
const randomPassword = (): string => randomBytes(12).toString('base64url').replace(/[-_]/g, 'x');

async function writeAtomically(path: string, text: string): Promise<void> {
  await writeFile(`${path}.tmp`, text, { mode: 0o600, flush: true });
  await rename(`${path}.tmp`, path);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The line that scripts wait for. */
function readyLine(serving: ServingPorts, users: readonly QuickUser[]): string {
  const shown = users.map(({ address, password }) => ({ address, password: password ?? null }));
  return JSON.stringify({ ready: true, ports: serving, users: shown, pid: process.pid });
}

/** POP3 is closed unless somebody opens it. */
function pop3Line({ pop3, pop3s }: ServingPorts): string {
  if (pop3 === undefined && pop3s === undefined) return '';
  return `  POP3            ${pop3 ?? '-'} (STLS), ${pop3s ?? '-'} (TLS)\n`;
}

function table(data: string, listen: string, serving: ServingPorts, users: readonly QuickUser[]): string {
  const secret = (user: QuickUser | undefined): string => user?.password ?? 'PASSWORD';
  const alice = users.find((user) => user.address.startsWith('alice@')) ?? users[0];
  const bob = users.find((user) => user.address.startsWith('bob@')) ?? users[0];
  const certificate = join(data, 'tls', 'default.crt');
  const credentials = users.map(
    (user) => `  ${user.address.padEnd(24)} ${user.password ?? '(as printed at the first start)'}`,
  );
  return `
Tegu serves ${domain} on ${listen}

  SMTP            ${serving.smtp ?? '-'}
  submission      ${serving.submission ?? '-'} (STARTTLS), ${serving.submissions ?? '-'} (TLS)
  IMAP            ${serving.imap ?? '-'} (STARTTLS), ${serving.imaps ?? '-'} (TLS)
${pop3Line(serving)}  metrics         http://127.0.0.1:${serving.metrics ?? '-'}/metrics

Users
${credentials.join('\n')}
  forgotten? npx tegu user passwd ADDRESS --data ${data}

Send a mail from alice to bob, then read it:

  printf 'From: <${alice?.address}>\\r\\nTo: <${bob?.address}>\\r\\nSubject: hello\\r\\n\\r\\nFirst mail.\\r\\n' | curl --cacert ${certificate} --url smtps://localhost:${serving.submissions} --user '${alice?.address}:${secret(alice)}' --mail-from ${alice?.address} --mail-rcpt ${bob?.address} --upload-file -

  curl --cacert ${certificate} --url 'imaps://localhost:${serving.imaps}/INBOX;MAILINDEX=1' --user '${bob?.address}:${secret(bob)}'

Everything lies in ${data}. Ctrl-C stops the server.
`;
}
