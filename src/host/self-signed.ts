// A self-signed certificate (X.509 v3, ECDSA P-256) for a first start without any certificate.
//
// Node can read certificates but not make them, and the libraries that can bring a dozen packages for this one
// structure; so the DER is written here (RFC 5280 4.1). Not a certificate authority and never used once the
// operator puts a real certificate in place.

import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';

const oid = {
  commonName: '550403',
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  ecdsaWithSha256: '2a8648ce3d040302',
} as const;

/** PEM texts of a new key and certificate. */
export interface SelfSigned {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** Makes a certificate valid from a day before `nowMs` for `days`, for the given DNS names (the first is the subject) and IPs. */
export async function createSelfSigned(
  dnsNames: readonly string[],
  ipv4Addresses: readonly string[],
  nowMs: number,
  days: number,
): Promise<SelfSigned> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(set(sequence(objectId(oid.commonName), utf8(dnsNames[0] ?? 'localhost'))));
  const algorithm = sequence(objectId(oid.ecdsaWithSha256));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const body = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(serial),
    algorithm,
    name,
    sequence(time(nowMs - 86_400_000), time(nowMs + days * 86_400_000)),
    name,
    spki,
    tagged(0xa3, extensions(dnsNames, ipv4Addresses, spki)),
  );
  const certificate = sequence(body, algorithm, bitString(signed(body, privateKey), 0));
  return {
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificatePem: pem('CERTIFICATE', certificate),
  };
}

function signed(body: Buffer, key: KeyObject): Buffer {
  return sign('sha256', body, { key, dsaEncoding: 'der' });
}

function extensions(dnsNames: readonly string[], ipv4Addresses: readonly string[], spki: Buffer): Buffer {
  const names = [
    ...dnsNames.map((dnsName) => tagged(0x82, Buffer.from(dnsName, 'latin1'))),
    ...ipv4Addresses.map((address) => tagged(0x87, Buffer.from(address.split('.').map(Number)))),
  ];
  const keyId = createHash('sha1').update(spki).digest();
  return sequence(
    extension(oid.basicConstraints, true, sequence()),
    // digitalSignature
    extension(oid.keyUsage, true, bitString(Buffer.of(0x80), 7)),
    extension(oid.extendedKeyUsage, false, sequence(objectId(oid.serverAuth))),
    extension(oid.subjectAltName, false, sequence(...names)),
    extension(oid.subjectKeyIdentifier, false, tagged(0x04, keyId)),
  );
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [tagged(0x01, Buffer.of(0xff))] : [];
  return sequence(objectId(id), ...flag, tagged(0x04, value));
}

function tagged(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const head =
    size < 128 ? [tag, size] : size < 256 ? [tag, 0x81, size] : [tag, 0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts));
const set = (...parts: Buffer[]): Buffer => tagged(0x31, Buffer.concat(parts));
const objectId = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const bitString = (bytes: Buffer, unusedBits: number): Buffer =>
  tagged(0x03, Buffer.concat([Buffer.of(unusedBits), bytes]));

/** RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return digits < '2050'
    ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tagged(0x18, Buffer.from(`${digits}Z`));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
