// The composition root of a worker: adapters behind ports, services over ports, listeners over services.

import { createHmac } from 'node:crypto';
import { resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { Bus } from '../cluster/bus.ts';
import { Delivery } from '../delivery/delivery.ts';
import { IntrospectionVerifier } from '../directory/introspection/introspection-verifier.ts';
import { JsonSource } from '../directory/json/json-source.ts';
import { JwtVerifier } from '../directory/jwt/jwt-verifier.ts';
import { MergedDirectory } from '../directory/merge.ts';
import type { SaslServices } from '../directory/sasl/mechanism.ts';
import { TokenChoice } from '../directory/token-choice.ts';
import type { Directory } from '../directory/user-source.ts';
import { AddressGuard } from '../host/address-guard.ts';
import { SpoolArea } from '../host/body-spool.ts';
import { Certificates } from '../host/certificates.ts';
import type { ServeConnection } from '../host/connection.ts';
import { holdName } from '../host/exclusive-name.ts';
import { toAscii } from '../host/idna.ts';
import { type Listener, openListener } from '../host/listener.ts';
import { errorFields, type Log } from '../host/log.ts';
import { gauge } from '../host/metrics.ts';
import { systemRandom } from '../host/random.ts';
import type { TlsServerOptions } from '../host/socket-connection.ts';
import { serveImap } from '../imap/command-loop.ts';
import { configureIo, ioBackend } from '../native/file-io.ts';
import { servePop3 } from '../pop3/command-loop.ts';
import { loginAddress } from '../routing/login-name.ts';
import type { Settings } from '../settings/settings.ts';
import { serveSmtp } from '../smtp-in/command-loop.ts';
import { readClientAuthorities } from './client-authorities.ts';
import { type OpenConfiguration, openConfiguration } from './configuration.ts';
import { loadInstallationKey } from './installation-key.ts';
import { MailStores } from './mail-stores.ts';
import { writeQuotaLimits } from './quota-writer.ts';
import type { WorkerStart } from './worker-messages.ts';

const certificateExpiry = gauge(
  'tegu_tls_certificate_expiry_seconds',
  'Unix time at which the first certificate ends',
  [],
  'min',
);

export interface RunningServer {
  /** Ports by listener name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Lets sessions finish, then closes everything. */
  drain(): Promise<void>;
}

/** Opens everything a worker serves; rejects with the first thing that is wrong, named. */
export async function openServer(start: WorkerStart, bus: Bus, log: Log): Promise<RunningServer> {
  const open = await openConfiguration(start.configurationFile, log, bus);
  const { settings, paths } = open;
  const source = openUserFile(open, bus, log);
  await source.start();
  const directory: Directory = new MergedDirectory(
    [source],
    (name) => loginAddress(name, settings.get('directory.defaultDomain'), toAscii),
    (address, winner, loser) => log.warn('directory.clash', { address, winner, loser }),
  );
  const applyIoBounds = (): void =>
    configureIo({ maxInFlight: settings.get('io.maxInFlight'), maxReaders: settings.get('io.maxReaders') });
  applyIoBounds();
  settings.onChange(applyIoBounds);
  const stores = new MailStores(settings, open.configuration.dataStore, bus, log);
  const guardKey = Buffer.from(start.guardKey, 'base64');
  const guard = openGuard(settings, bus, guardKey);
  const clientCaFile = settings.get('auth.clientCaFile');
  const clientAuthorities =
    clientCaFile === ''
      ? undefined
      : await readClientAuthorities(resolve(open.configuration.dataDirectory, clientCaFile));
  const certificates = await watchCertificates(paths.tls, bus, log, clientAuthorities);
  const spools = new SpoolArea(paths.spool, () => ({
    memoryBytes: settings.get('smtp.spoolMemoryBytes'),
    totalMemoryBytes: settings.get('smtp.spoolTotalMemoryBytes'),
  }));
  const sasl = await openSasl(open, directory, log);
  const shared = { settings, directory, sasl, stores: stores.ofDomain, bus, log, guard, clock: systemClock };
  const delivery = new Delivery(shared);
  const smtp = { ...shared, sink: delivery, spools, random: systemRandom };
  const listeners = await openListeners(start, open, log, guard, certificates, {
    smtp: serveSmtp(smtp, { kind: 'mx', implicitTls: false }),
    submission: serveSmtp(smtp, { kind: 'submission', implicitTls: false }),
    submissions: serveSmtp(smtp, { kind: 'submission', implicitTls: true }),
    imap: serveImap({
      ...shared,
      spools,
      setQuota: (address, limits) => writeQuotaLimits(paths.users, address, limits, bus),
    }),
    pop3: servePop3({ ...shared, lockMaildrop: (address) => holdName(maildropName(guardKey, address)) }),
  });
  log.info('worker.serving', { io: ioBackend(), node: process.version, revision: settings.current.revision });
  return {
    ports: Object.fromEntries([...listeners].map(([name, listener]) => [name, listener.port])),
    drain: async () => {
      const graceMs = settings.get('host.drainSeconds') * 1000;
      await Promise.all([...listeners.values()].map((listener) => listener.drain(graceMs)));
      await delivery.close();
      await stores.close();
      await source.close();
      await open.close();
    },
  };
}

function openUserFile(open: OpenConfiguration, bus: Bus, log: Log): JsonSource {
  const { settings } = open;
  const source = new JsonSource({
    name: 'file',
    path: open.paths.users,
    limits: () => ({
      pollMs: settings.get('directory.pollSeconds') * 1000,
      cost: {
        memoryKib: settings.get('directory.argon2MemoryKib'),
        passes: settings.get('directory.argon2Passes'),
      },
      hashConcurrency: settings.get('directory.hashConcurrency'),
      maxWaitingLogins: settings.get('directory.maxWaitingLogins'),
      loginMemoryMs: settings.get('directory.loginMemorySeconds') * 1000,
    }),
    clock: systemClock,
    log,
    onLoad: () => bus.publish('directory.loaded', { source: 'file' }),
  });
  bus.subscribe('directory.changed', () => void source.reload());
  return source;
}

async function openSasl(open: OpenConfiguration, directory: Directory, log: Log): Promise<SaslServices> {
  const { settings, configuration } = open;
  const resolvePath = (file: string): string => resolve(configuration.dataDirectory, file);
  const onBroken = (path: string, problem: string): void =>
    log.error('auth.keys_unusable', { path, problem });
  const signed = new JwtVerifier({ settings, resolvePath, clock: systemClock, onBroken });
  const asked = new IntrospectionVerifier({ settings, resolvePath, clock: systemClock });
  return {
    settings,
    directory,
    tokens: new TokenChoice(signed, asked),
    installationKey: await loadInstallationKey(configuration.dataDirectory),
    random: systemRandom,
  };
}

/** The same in all workers, and a secret to others on this machine: who knew it could keep users from their mail. */
function maildropName(key: Uint8Array, address: string): string {
  return `tegu-pop3-${createHmac('sha256', key).update(address).digest('hex').slice(0, 32)}`;
}

function openGuard(settings: Settings, bus: Bus, key: Uint8Array): AddressGuard {
  const guard: AddressGuard = new AddressGuard(
    () => ({
      maxFailures: settings.get('guard.maxFailures'),
      windowMs: settings.get('guard.windowSeconds') * 1000,
      banMs: settings.get('guard.banSeconds') * 1000,
      delayMs: settings.get('guard.delayMs'),
      delayMaxMs: settings.get('guard.delayMaxMs'),
      maxAddresses: settings.get('guard.maxAddresses'),
    }),
    systemClock,
    key,
    {
      failure: (address, secretTag) => bus.publish('guard.failure', { address, secretTag }),
      ban: (address, untilMs) => bus.publish('guard.ban', { address, untilMs }),
    },
  );
  bus.subscribe('guard.failure', ({ address, secretTag }) => guard.hearFailure(address, secretTag));
  bus.subscribe('guard.ban', ({ address, untilMs }) => guard.hearBan(address, untilMs));
  return guard;
}

async function watchCertificates(
  directory: string,
  bus: Bus,
  log: Log,
  clientAuthorities: Buffer | undefined,
): Promise<Certificates> {
  const certificates = await Certificates.load(directory, log, clientAuthorities);
  const show = (): void => certificateExpiry.set(certificates.firstExpiryMs / 1000);
  show();
  bus.subscribe('tls.reload', () => {
    certificates.reload().then(show, (error) => log.error('tls.reload_failed', errorFields(error)));
  });
  return certificates;
}

interface PortPlan {
  readonly setting:
    | 'listen.smtpPort'
    | 'listen.submissionPort'
    | 'listen.submissionsPort'
    | 'listen.imapPort'
    | 'listen.imapsPort'
    | 'listen.pop3Port'
    | 'listen.pop3sPort';
  readonly implicitTls: boolean;
  readonly service: 'smtp' | 'submission' | 'submissions' | 'imap' | 'pop3';
  readonly refusal: string;
}

const smtpRefusal = '421 4.7.0 Too many connections, try again later\r\n';
const pop3Refusal = '-ERR [SYS/TEMP] Too many connections, try again later\r\n';
const imapRefusal = '* BYE [UNAVAILABLE] Too many connections, try again later\r\n';

/** Every port a worker may open; a setting of 0 leaves it closed. */
const portPlans: Readonly<Record<string, PortPlan>> = {
  smtp: { setting: 'listen.smtpPort', implicitTls: false, service: 'smtp', refusal: smtpRefusal },
  submission: {
    setting: 'listen.submissionPort',
    implicitTls: false,
    service: 'submission',
    refusal: smtpRefusal,
  },
  submissions: {
    setting: 'listen.submissionsPort',
    implicitTls: true,
    service: 'submissions',
    refusal: smtpRefusal,
  },
  imap: { setting: 'listen.imapPort', implicitTls: false, service: 'imap', refusal: imapRefusal },
  imaps: { setting: 'listen.imapsPort', implicitTls: true, service: 'imap', refusal: imapRefusal },
  pop3: { setting: 'listen.pop3Port', implicitTls: false, service: 'pop3', refusal: pop3Refusal },
  pop3s: { setting: 'listen.pop3sPort', implicitTls: true, service: 'pop3', refusal: pop3Refusal },
};

async function openListeners(
  start: WorkerStart,
  { settings }: OpenConfiguration,
  log: Log,
  guard: AddressGuard,
  certificates: Certificates,
  services: Readonly<Record<PortPlan['service'], ServeConnection>>,
): Promise<ReadonlyMap<string, Listener>> {
  const tls = (): TlsServerOptions => ({
    secureContext: certificates.defaultContext,
    selectContext: (name) => certificates.select(name),
    handshakeTimeoutMs: settings.get('host.tlsHandshakeTimeoutMs'),
    requestCertificate: certificates.hasClientAuthorities,
  });
  const limits = () => ({
    maxConnections: settings.get('host.maxConnections'),
    maxConnectionsPerAddress: settings.get('host.maxConnectionsPerAddress'),
    writeTimeoutMs: settings.get('host.writeTimeoutMs'),
  });
  const address = start.listen === '' ? settings.get('listen.address') : start.listen;
  const listeners = new Map<string, Listener>();
  for (const [name, plan] of Object.entries(portPlans)) {
    const port = settings.get(plan.setting);
    if (port === 0) continue;
    const options = { name, address, port: port + start.portOffset, clock: systemClock, log, limits, tls };
    const listener = openListener({
      ...options,
      implicitTls: plan.implicitTls,
      refusal: plan.refusal,
      isBanned: (remote) => guard.isBanned(remote),
      serve: services[plan.service],
    });
    listeners.set(
      name,
      await listener.catch((cause: NodeJS.ErrnoException) => explainPort(name, options, cause)),
    );
  }
  return listeners;
}

function explainPort(
  name: string,
  at: { address: string; port: number },
  cause: NodeJS.ErrnoException,
): never {
  const advice =
    cause.code === 'EACCES'
      ? 'ports below 1024 need the capability CAP_NET_BIND_SERVICE (packaging/tegu.service gives it)'
      : cause.code === 'EADDRINUSE'
        ? `another program listens there; stop it or change the port (tegu config set listen.${name}Port N)`
        : 'check listen.address';
  throw new Error(
    `cannot listen on ${at.address} port ${at.port} (${name}): ${cause.code ?? cause.message}; ${advice}`,
    {
      cause,
    },
  );
}
