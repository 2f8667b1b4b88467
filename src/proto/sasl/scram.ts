// SCRAM messages (RFC 5802 7): the client's two parsed, the server's two written. No cryptography here.
//
// Refuses what the grammar forbids: mandatory extensions (`m=`), unknown escapes in names, nonces outside printable ASCII.
// Attributes that are allowed and unknown are ignored, as RFC 5802 5.1 asks.

import { Fault } from '../../base/outcome.ts';
import { decodeBase64, decodeText } from './plain.ts';

/** What the client says of channel binding in its GS2 header. */
export type BindingFlag =
  /** `n`: it cannot bind. */
  | { readonly kind: 'unsupported' }
  /** `y`: it could, and believes that we cannot. */
  | { readonly kind: 'unused' }
  /** `p=`: it does, with this type (RFC 5056 names). */
  | { readonly kind: 'used'; readonly type: string };

export interface ClientFirst {
  readonly binding: BindingFlag;
  /** Whom to act as; '' = the user who logs in. */
  readonly authorization: string;
  readonly login: string;
  readonly nonce: string;
  /** GS2 header as sent; the client repeats it in `c=`. */
  readonly gs2Header: string;
  /** The message without the GS2 header, part of what is signed. */
  readonly bare: string;
}

export interface ClientFinal {
  /** GS2 header and channel binding data. */
  readonly binding: Uint8Array;
  readonly nonce: string;
  readonly proof: Uint8Array;
  /** The message up to the proof, part of what is signed. */
  readonly withoutProof: string;
}

/** Longest message looked at, octets; real ones have a few hundred. */
const maxMessageBytes = 4096;

const malformed = (what: string): Fault => new Fault('sasl.malformed', `Malformed SCRAM message: ${what}`);

/** `gs2-header client-first-message-bare`. Throws Fault('sasl.malformed'). */
export function parseClientFirst(octets: Uint8Array): ClientFirst {
  const text = decode(octets);
  const second = text.indexOf(',', text.indexOf(',') + 1);
  if (second < 1) throw malformed('GS2 header');
  const [flag = '', authzid = ''] = text.slice(0, second).split(',');
  const bare = text.slice(second + 1);
  const attributes = bare.split(',');
  // RFC 5802 5.1: `m=` announces an extension that must be understood.
  if (attributes[0]?.startsWith('m=')) throw malformed('unknown mandatory extension');
  if (authzid !== '' && !authzid.startsWith('a=')) throw malformed('GS2 header');
  const login = saslName(expect(attributes[0], 'n='));
  if (login === '') throw malformed('empty user name');
  return {
    binding: bindingFlag(flag),
    authorization: authzid === '' ? '' : saslName(authzid.slice(2)),
    login,
    nonce: expectNonce(attributes[1]),
    gs2Header: text.slice(0, second + 1),
    bare,
  };
}

/** `c=…,r=…,p=…`. Throws Fault('sasl.malformed' | 'sasl.base64'). */
export function parseClientFinal(octets: Uint8Array): ClientFinal {
  const text = decode(octets);
  const attributes = text.split(',');
  const last = attributes[attributes.length - 1];
  if (attributes.length < 3) throw malformed('too few attributes');
  return {
    binding: decodeBase64(expect(attributes[0], 'c=')),
    nonce: expectNonce(attributes[1]),
    proof: decodeBase64(expect(last, 'p=')),
    withoutProof: text.slice(0, text.lastIndexOf(',')),
  };
}

/** `r=…,s=…,i=…`. `salt` in base64. */
export function formatServerFirst(nonce: string, salt: string, iterations: number): string {
  return `r=${nonce},s=${salt},i=${iterations}`;
}

/** `v=…`. `signature` in base64. */
export const formatServerFinal = (signature: string): string => `v=${signature}`;

function decode(octets: Uint8Array): string {
  if (octets.length > maxMessageBytes) throw malformed('too long');
  return decodeText(octets);
}

function bindingFlag(flag: string): BindingFlag {
  if (flag === 'n') return { kind: 'unsupported' };
  if (flag === 'y') return { kind: 'unused' };
  // RFC 5802 7: cb-name = 1*(ALPHA / DIGIT / "." / "-")
  if (/^p=[A-Za-z0-9.-]+$/.test(flag)) return { kind: 'used', type: flag.slice(2) };
  throw malformed('channel binding flag');
}

/** RFC 5802 5.1: `=2C` is a comma, `=3D` an equals sign, any other `=` an error. */
function saslName(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw malformed('name with a bad escape');
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

function expect(attribute: string | undefined, prefix: string): string {
  if (attribute === undefined || !attribute.startsWith(prefix)) throw malformed(`expected ${prefix}`);
  return attribute.slice(prefix.length);
}

function expectNonce(attribute: string | undefined): string {
  const nonce = expect(attribute, 'r=');
  if (!/^[!-+\--~]+$/.test(nonce)) throw malformed('nonce');
  return nonce;
}
