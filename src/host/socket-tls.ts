// Facts about one TLS connection, and what log-ins bind to: channel bindings and the client's certificate.
//
// Computed when asked for: most sessions never do. A certificate counts only when OpenSSL verified its chain for client use
// against the authorities of the context; whatever cannot be read counts as no certificate.

import { createHash, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { TlsFacts } from './connection.ts';

/** RFC 9266 2. */
const exporterLabel = 'EXPORTER-Channel-Binding';
const exporterBytes = 32;

export class SocketTls implements TlsFacts {
  readonly protocol: string;
  readonly cipher: string;
  readonly serverName: string | undefined;
  readonly #socket: TLSSocket;

  constructor(socket: TLSSocket) {
    const name = (socket as unknown as { servername?: string | false }).servername;
    this.protocol = socket.getProtocol() ?? 'unknown';
    this.cipher = socket.getCipher().name;
    this.serverName = typeof name === 'string' && name !== '' ? name : undefined;
    this.#socket = socket;
  }

  channelBinding(type: 'tls-exporter' | 'tls-server-end-point'): Uint8Array | undefined {
    if (this.#socket.destroyed) return undefined;
    if (type === 'tls-server-end-point') return serverEndPoint(this.#socket.getX509Certificate());
    // RFC 9266 3: before TLS 1.3 the exporter is safe only under conditions that cannot be asked for here.
    if (this.protocol !== 'TLSv1.3') return undefined;
    return this.#socket.exportKeyingMaterial(exporterBytes, exporterLabel, Buffer.alloc(0));
  }

  clientNames(kind: 'email' | 'commonName'): readonly string[] | undefined {
    if (this.#socket.destroyed) return undefined;
    const certificate = this.#socket.getPeerX509Certificate();
    if (certificate === undefined || !isVerified(this.#socket)) return undefined;
    return kind === 'email' ? emailNames(certificate) : commonNames(certificate);
  }
}

/**
 * Node tells a server's verdict only through tls.Server; an upgraded socket has it on its handle. Should that ever go away,
 * nobody is verified.
 */
function isVerified(socket: TLSSocket): boolean {
  const handle = (socket as unknown as { readonly _handle?: { verifyError?: () => Error | null } | null })
    ._handle;
  if (typeof handle?.verifyError !== 'function') return false;
  const verdict = handle.verifyError();
  return verdict === null || verdict === undefined;
}

/** RFC 5929 4.1: the certificate's hash by its own signature hash, SHA-256 in place of MD5 and SHA-1. */
function serverEndPoint(certificate: X509Certificate | undefined): Uint8Array | undefined {
  if (certificate === undefined) return undefined;
  const signature = certificate.signatureAlgorithm?.toLowerCase() ?? '';
  if (/ed25519|ed448|pss/.test(signature)) return undefined;
  const named = /sha-?(224|256|384|512)/.exec(signature)?.[1];
  if (named === undefined && !/md5|sha1/.test(signature)) return undefined;
  return createHash(`sha${named ?? '256'}`)
    .update(certificate.raw)
    .digest();
}

/** rfc822Name entries. Node quotes values that hold separators, so that one entry cannot look like two. */
export function emailNames({ subjectAltName }: { readonly subjectAltName?: string | undefined }): string[] {
  const names: string[] = [];
  const entry = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)/gy;
  const text = subjectAltName ?? '';
  while (entry.lastIndex < text.length) {
    const found = entry.exec(text);
    if (found === null) return [];
    const [, kind, value = ''] = found;
    // A quoted value is no address that could be an account here.
    if (kind === 'email' && value !== '' && !value.startsWith('"')) names.push(value);
  }
  return names;
}

function commonNames(certificate: X509Certificate): string[] {
  const name: unknown = certificate.toLegacyObject().subject?.CN;
  // Several CNs: which one is meant nobody can say.
  return typeof name === 'string' && name !== '' ? [name] : [];
}
