// Reading over IMAP: ours against Dovecot, both with the same 10,000 messages of 4 KiB in one INBOX, over plain TCP.

import { startDovecot } from '../test/fixture/dovecot.ts';
import { startServer } from '../test/fixture/server.ts';
import { type Benchmark, buildDriver, type Measurement, run } from './measurement.ts';

const messages = 10_000;
const sizeBytes = 4_096;

/** Commands in order; the first ENVELOPE and BODYSTRUCTURE of a fresh mailbox are cold, later ones warm. */
const commands = [
  'SELECT INBOX',
  'FETCH 1:* FLAGS',
  'FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)',
  'FETCH 1:* ENVELOPE',
  'FETCH 1:* BODYSTRUCTURE',
  'FETCH 1:1000 BODY.PEEK[]',
  'SEARCH UNSEEN',
  'SEARCH SUBJECT message',
  'STORE 1:1000 +FLAGS.SILENT (\\Flagged)',
  'STORE 1:1000 -FLAGS.SILENT (\\Flagged)',
];

interface Target {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export const benchmark: Benchmark = async (rounds) => {
  const driver = await buildDriver('imap-load');
  const server = await startServer({ settings: [['imap.plaintextAuth', 'true']] });
  const dovecot = await startDovecot();
  const ours = {
    port: server.ports.imap,
    user: 'alice@example.test',
    password: server.password('alice@example.test'),
  };
  const peer = { port: dovecot.imapPort, user: 'alice@example.test', password: 'pass' };
  try {
    const measurements: Measurement[] = [];
    const [oursAppend, peerAppend] = [
      await time(driver.path, ours, append()),
      await time(driver.path, peer, append()),
    ];
    measurements.push(
      row(`APPEND of ${messages}, one connection`, [oursAppend[0] ?? 0], [peerAppend[0] ?? 0]),
    );
    const cold = ['SELECT INBOX', 'FETCH 1:* ENVELOPE'];
    const [oursCold, peerCold] = [await time(driver.path, ours, cold), await time(driver.path, peer, cold)];
    measurements.push(row('FETCH 1:* ENVELOPE, first time', [oursCold[1] ?? 0], [peerCold[1] ?? 0]));
    const series = commands.map(() => ({ ours: [] as number[], peer: [] as number[] }));
    for (let round = 0; round < rounds; round++) {
      for (const [side, target] of [
        ['ours', ours],
        ['peer', peer],
      ] as const) {
        for (const [index, ms] of (await time(driver.path, target, commands)).entries())
          series[index]?.[side].push(ms);
      }
    }
    for (const [index, command] of commands.entries()) {
      measurements.push(row(command, series[index]?.ours ?? [], series[index]?.peer ?? []));
    }
    return measurements;
  } finally {
    await dovecot.remove();
    await server.stop();
    await driver.remove();
  }
};

const append = (): string[] => [`@append ${messages} ${sizeBytes}`];

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
