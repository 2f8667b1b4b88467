// TLS server certificates: which one answers which server name (SNI), reloaded without restart.
//
// A directory holds pairs `NAME.crt` (chain, leaf first) and `NAME.key`. Names are taken from the certificates themselves
// (subjectAltName), wildcards included; `default.crt` answers clients without SNI and unknown names. A pair that cannot be
// read, or whose key does not match, is left out with a warning and its predecessor stays in use.

import { createHash, X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Permanent } from '../base/outcome.ts';
import { errorFields, type Log } from './log.ts';

interface LoadedPair {
  readonly name: string;
  readonly context: SecureContext;
  readonly dnsNames: readonly string[];
  readonly expiresMs: number;
}

/** TLS 1.2 and 1.3 with forward secrecy and AEAD only (RFC 9325 4.2). */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

export class Certificates {
  readonly #directory: string;
  readonly #log: Log;
  #pairs = new Map<string, LoadedPair>();
  #byName = new Map<string, SecureContext>();
  #default: SecureContext | undefined;

  readonly #clientAuthorities: Buffer | undefined;

  private constructor(directory: string, log: Log, clientAuthorities: Buffer | undefined) {
    this.#directory = directory;
    this.#log = log;
    this.#clientAuthorities = clientAuthorities;
  }

  /**
   * Reads the directory; throws Permanent('host.no_certificate') when no usable pair is in it. `clientAuthorities`: PEM of
   * those whose client certificates are believed.
   */
  static async load(directory: string, log: Log, clientAuthorities?: Buffer): Promise<Certificates> {
    const certificates = new Certificates(directory, log, clientAuthorities);
    await certificates.reload();
    return certificates;
  }

  /** Reads everything again; what fails to load keeps its predecessor. */
  async reload(): Promise<void> {
    const loaded = new Map<string, LoadedPair>();
    for (const file of await readdir(this.#directory)) {
      if (!file.endsWith('.crt')) continue;
      const name = file.slice(0, -4);
      try {
        loaded.set(name, await loadPair(this.#directory, name, this.#clientAuthorities));
      } catch (error) {
        this.#log.warn('tls.pair_unusable', {
          directory: this.#directory,
          pair: name,
          ...errorFields(error),
        });
        const previous = this.#pairs.get(name);
        if (previous !== undefined) loaded.set(name, previous);
      }
    }
    if (loaded.size === 0) {
      throw new Permanent('host.no_certificate', `no usable NAME.crt with NAME.key in ${this.#directory}`);
    }
    this.#pairs = loaded;
    this.#byName = new Map();
    for (const pair of loaded.values()) {
      for (const dnsName of pair.dnsNames) this.#byName.set(dnsName, pair.context);
    }
    this.#default = (loaded.get('default') ?? [...loaded.values()][0])?.context;
    this.#log.info('tls.loaded', { pairs: [...loaded.keys()], names: [...this.#byName.keys()].slice(0, 50) });
  }

  /** Clients may be asked for certificates: the contexts know whom to believe, and nobody else. */
  get hasClientAuthorities(): boolean {
    return this.#clientAuthorities !== undefined;
  }

  /** The context for clients without SNI. */
  get defaultContext(): SecureContext {
    if (this.#default === undefined) throw new Permanent('host.no_certificate', 'no certificate is loaded');
    return this.#default;
  }

  /** Exact name, then one wildcard level (RFC 6125 6.4.3), then the default. */
  select(serverName: string): SecureContext {
    const name = serverName.toLowerCase();
    const dot = name.indexOf('.');
    const wildcard = dot > 0 ? `*${name.slice(dot)}` : '';
    return this.#byName.get(name) ?? this.#byName.get(wildcard) ?? this.defaultContext;
  }

  /** Earliest end of validity among the loaded pairs, Unix ms; for metrics. */
  get firstExpiryMs(): number {
    return Math.min(...[...this.#pairs.values()].map((pair) => pair.expiresMs));
  }
}

async function loadPair(
  directory: string,
  name: string,
  clientAuthorities: Buffer | undefined,
): Promise<LoadedPair> {
  const certificatePem = await readFile(join(directory, `${name}.crt`));
  const keyPem = await readFile(join(directory, `${name}.key`));
  const certificate = new X509Certificate(certificatePem);
  const context = createSecureContext({
    cert: certificatePem,
    key: keyPem,
    minVersion: 'TLSv1.2',
    ciphers,
    ...(clientAuthorities === undefined
      ? {}
      : // OpenSSL resumes sessions of clients with certificates only within a named context.
        { ca: clientAuthorities, sessionIdContext: contextName(clientAuthorities) }),
  });
  const dnsNames = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice(4).toLowerCase());
  return { name, context, dnsNames, expiresMs: certificate.validToDate.getTime() };
}

const contextName = (clientAuthorities: Buffer): string =>
  createHash('sha256').update(clientAuthorities).digest('hex').slice(0, 32);
