// Reading over IMAP: ours against Dovecot with the same messages in one INBOX, over plain TCP, rounds alternating; then the
// memory of waiting sessions against the target. `--messages 100000` takes a larger mailbox, `--sessions 5000` more sessions.

import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startDovecot } from '../test/fixture/dovecot.ts';
import { startServer } from '../test/fixture/server.ts';
import { idleSessionBytes, type SessionKind } from './idle-sessions.ts';
import { fillMaildirs } from './imap-corpus.ts';
import { type Benchmark, buildDriver, type Measurement, run } from './measurement.ts';

const appended = 300;
const appendedBytes = 4_096;
const logins = 20;
/** Mail processes of Dovecot run as this user. */
const dovecotUid = 5000;

/** In order; each is timed from its first octet to the tagged answer. */
const commands = [
  'SELECT INBOX',
  'FETCH 1:* FLAGS',
  'FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)',
  'FETCH 1:* ENVELOPE',
  'FETCH 1:* BODYSTRUCTURE',
  'FETCH 1:2000 BODY.PEEK[]',
  'FETCH 5001:5010 (UID FLAGS ENVELOPE)',
  'SEARCH UNSEEN',
  'SEARCH SUBJECT report',
  'SEARCH TEXT holiday',
  'UID SORT (SUBJECT DATE) UTF-8 ALL',
  'UID THREAD REFERENCES UTF-8 ALL',
  'STORE 1:1000 +FLAGS.SILENT (\\Flagged)',
  'STORE 1:1000 -FLAGS.SILENT (\\Flagged)',
];
/** Run once on a mailbox that nobody read yet. */
const coldCommands = ['SELECT INBOX', 'FETCH 1:* ENVELOPE', 'FETCH 1:* BODYSTRUCTURE'];

/** What the issue asks of a waiting session. */
const idleTargets: readonly (readonly [SessionKind, number])[] = [
  ['plain', 20],
  ['TLS', 50],
  ['TLS+COMPRESS', 50],
];

interface Target {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export const benchmark: Benchmark = async (rounds, options) => [
  ...(await compareCommands(rounds, options.messages)),
  ...(await measureIdle(options.sessions)),
];

async function compareCommands(rounds: number, messages: number): Promise<Measurement[]> {
  const driver = await buildDriver('imap-load');
  const server = await startServer({ settings: [['imap.plaintextAuth', 'true']] });
  const dovecot = await startDovecot();
  const user = 'alice@example.test';
  const ours = { port: server.ports.imap, user, password: server.password(user) };
  const peer = { port: dovecot.imapPort, user, password: 'pass' };
  const sides = [
    ['ours', ours],
    ['peer', peer],
  ] as const;
  try {
    const measurements: Measurement[] = [];
    const once = async (list: readonly string[], names: readonly string[]): Promise<void> => {
      const oursMs = await time(driver.path, ours, list);
      const peerMs = await time(driver.path, peer, list);
      for (const [index, name] of names.entries()) {
        if (name !== '') measurements.push(row(name, [oursMs[index] ?? 0], [peerMs[index] ?? 0]));
      }
    };
    await once([`@append ${appended} ${appendedBytes}`], [`APPEND of ${appended}, one connection`]);
    await fillMaildirs(
      [
        { path: await maildirOf(server.data), owner: 0 },
        { path: join(dovecot.home(user), 'Maildir'), owner: dovecotUid },
      ],
      messages - appended,
    );
    await once(coldCommands, ['SELECT of new mail', 'ENVELOPE, first time', 'BODYSTRUCTURE, next']);
    const series = ['LOGIN and SELECT', ...commands].map(() => ({
      ours: [] as number[],
      peer: [] as number[],
    }));
    for (let round = 0; round < rounds; round++) {
      for (const [side, target] of sides) {
        const started = performance.now();
        for (let i = 0; i < logins; i++) await time(driver.path, target, ['SELECT INBOX']);
        const each = [(performance.now() - started) / logins, ...(await time(driver.path, target, commands))];
        for (const [index, ms] of each.entries()) series[index]?.[side].push(ms);
      }
    }
    for (const [index, command] of ['LOGIN and SELECT', ...commands].entries()) {
      measurements.push(row(command, series[index]?.ours ?? [], series[index]?.peer ?? []));
    }
    return measurements;
  } finally {
    await dovecot.remove();
    await server.stop();
    await driver.remove();
  }
}

/** Each kind on a server of its own: what a wave of sessions leaves behind would hide in the next one's figure. */
async function measureIdle(sessions: number): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const [kind, target] of idleTargets) {
    const server = await startServer({
      workers: 1,
      settings: [
        ['imap.plaintextAuth', 'true'],
        ['imap.maxConnectionsPerUser', '100000'],
        ['host.maxConnections', '20000'],
        ['host.maxConnectionsPerAddress', '20000'],
      ],
    });
    const user = 'alice@example.test';
    const { imap: port, imaps: tlsPort } = server.ports;
    const place = { pid: server.pid, port, tlsPort, user, password: server.password(user) };
    try {
      // Code that runs for the first time takes memory, too.
      await idleSessionBytes(place, kind, 50);
      const kibibytes = (await idleSessionBytes(place, kind, sessions)) / 1024;
      measurements.push({
        what: `waiting session, ${kind}, ${sessions} of them`,
        unit: 'KiB',
        higherIsBetter: false,
        ours: [kibibytes],
        peerName: 'target',
        peer: [target],
      });
    } finally {
      await server.stop();
    }
  }
  return measurements;
}

/** The only account's Maildir: the folder that holds `cur`. */
async function maildirOf(data: string): Promise<string> {
  const entries = await readdir(join(data, 'mail'), { recursive: true, withFileTypes: true });
  const inboxes = entries.filter(
    (entry) =>
      entry.isDirectory() && entry.name === 'cur' && !entry.parentPath.split('/').at(-1)?.startsWith('.'),
  );
  const own = inboxes.find((entry) => entry.parentPath.includes('alice'));
  if (own === undefined) throw new Error(`no Maildir of alice below ${dirname(data)}`);
  return own.parentPath;
}

function row(what: string, ours: readonly number[], peer: readonly number[]): Measurement {
  return { what, unit: 'ms', higherIsBetter: false, ours, peerName: 'Dovecot', peer };
}

/** Milliseconds of each command of one session. */
async function time(driver: string, target: Target, list: readonly string[]): Promise<number[]> {
  const output = await run(driver, ['127.0.0.1', String(target.port), target.user, target.password, ...list]);
  return output
    .trimEnd()
    .split('\n')
    .map((line) => Number(/"ms":([\d.]+)/.exec(line)?.[1]));
}
