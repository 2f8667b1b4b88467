// Receiving over SMTP until the message stands in a Maildir: ours against Postfix with virtual(8) and Postfix handing over to
// Dovecot LMTP. Both sync every message. The time ends when the last message stands in `new/`, for both sides; the latency
// is that of the client's 250 (for Postfix: in its queue).

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDovecot } from '../test/fixture/dovecot.ts';
import { startPostfix } from '../test/fixture/postfix.ts';
import { startServer } from '../test/fixture/server.ts';
import { type Benchmark, buildDriver, countMessages, type Measurement, run } from './measurement.ts';

interface Scenario {
  readonly connections: number;
  readonly messages: number;
  readonly sizeBytes: number;
}

const scenarios: readonly Scenario[] = [
  { connections: 1, messages: 100, sizeBytes: 4_096 },
  { connections: 20, messages: 1_000, sizeBytes: 4_096 },
  { connections: 100, messages: 1_000, sizeBytes: 4_096 },
  { connections: 20, messages: 500, sizeBytes: 65_536 },
];

/** Longest wait for a peer's queue to empty. */
const settleMs = 120_000;

interface Target {
  readonly name: string;
  readonly port: number;
  readonly recipient: string;
  readonly mail: string;
}

export const benchmark: Benchmark = async (rounds) => {
  const driver = await buildDriver('smtp-load');
  const server = await startServer();
  const dovecot = await startDovecot();
  const postfix = await startPostfix(dovecot.lmtpPort);
  const ours: Target = {
    name: 'Tegu',
    port: server.ports.smtp,
    recipient: 'alice@example.test',
    mail: join(server.data, 'mail'),
  };
  const peers: readonly Target[] = [
    { name: 'Postfix virtual(8)', port: postfix.smtpPort, recipient: 'user@virt.test', mail: postfix.mail },
    {
      name: 'Postfix → Dovecot LMTP',
      port: postfix.smtpPort,
      recipient: 'user@lmtp.test',
      mail: join(dovecot.base, 'mail'),
    },
  ];
  try {
    const measurements: Measurement[] = [];
    for (const scenario of scenarios) {
      for (const peer of peers)
        measurements.push(...(await compare(driver.path, scenario, ours, peer, rounds)));
    }
    return measurements;
  } finally {
    await postfix.remove();
    await dovecot.remove();
    await server.stop();
    await driver.remove();
  }
};

async function compare(
  driver: string,
  scenario: Scenario,
  ours: Target,
  peer: Target,
  rounds: number,
): Promise<Measurement[]> {
  const rates: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  const latencies: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [side, target] of [
      ['ours', ours],
      ['peer', peer],
    ] as const) {
      const { perSecond, p99Ms } = await load(driver, scenario, target);
      rates[side].push(perSecond);
      latencies[side].push(p99Ms);
    }
  }
  const what = `${scenario.sizeBytes / 1024} KiB, ${scenario.connections} connections`;
  return [
    { what: `${what}: stored`, unit: 'messages/s', higherIsBetter: true, ...rates, peerName: peer.name },
    { what: `${what}: 250 at p99`, unit: 'ms', higherIsBetter: false, ...latencies, peerName: peer.name },
  ];
}

async function load(
  driver: string,
  scenario: Scenario,
  target: Target,
): Promise<{ perSecond: number; p99Ms: number }> {
  const before = await countMessages(target.mail);
  const started = performance.now();
  const args = [
    '127.0.0.1',
    target.port,
    scenario.connections,
    scenario.messages,
    scenario.sizeBytes,
    target.recipient,
  ];
  const { p99Ms } = JSON.parse(await run(driver, args.map(String))) as { p99Ms: number };
  while ((await countMessages(target.mail)) < before + scenario.messages) {
    if (performance.now() - started > settleMs)
      throw new Error(`${target.name} did not store everything in time`);
    await sleep(5);
  }
  return { perSecond: (scenario.messages * 1000) / (performance.now() - started), p99Ms };
}
