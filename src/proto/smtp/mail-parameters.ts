// Parameters of MAIL: SIZE (RFC 1870), BODY (RFC 6152, RFC 3030), SMTPUTF8 (RFC 6531), RET and ENVID (RFC 3461), AUTH (RFC 4954).
// What is not offered is refused, so that nobody relies on it.

import { Fault } from '../../base/outcome.ts';
import type { ToAscii } from '../address/domain.ts';
import { parseMailbox } from '../address/mailbox.ts';
import { badValue, parseParameterList, unknownParameter } from './parameters.ts';
import { decodeXtext } from './xtext.ts';

/** What the message body may contain. */
export type BodyKind = '7bit' | '8bitmime' | 'binarymime';

export interface MailParameters {
  /** Size the client announced, octets; undefined when it did not. */
  readonly sizeBytes: number | undefined;
  readonly body: BodyKind;
  readonly smtpUtf8: boolean;
  /** What a failure report returns; undefined = our choice. */
  readonly ret: 'full' | 'hdrs' | undefined;
  /** Envelope id, decoded, printable ASCII. */
  readonly envid: string | undefined;
  /** Submitter that the client vouches for; '' for `<>` (unknown). Kept, not trusted. */
  readonly auth: string | undefined;
}

/** RFC 3461 4.4: ENVID has at most 100 characters as encoded. */
const maxEnvidLength = 100;

const none: MailParameters = {
  sizeBytes: undefined,
  body: '7bit',
  smtpUtf8: false,
  ret: undefined,
  envid: undefined,
  auth: undefined,
};

/** Parses from just behind the path. Throws Fault('smtp.bad_parameter' | 'smtp.unknown_parameter'). */
export function parseMailParameters(text: string, start: number, toAscii: ToAscii): MailParameters {
  if (start === text.length) return none;
  const parsed: { -readonly [K in keyof MailParameters]: MailParameters[K] } = { ...none };
  for (const [keyword, value] of parseParameterList(text, start)) {
    switch (keyword) {
      case 'SIZE':
        parsed.sizeBytes = parseSize(value);
        break;
      case 'BODY':
        parsed.body = parseBody(value);
        break;
      case 'SMTPUTF8':
        // RFC 6531 3.4: takes no value.
        if (value !== undefined) throw badValue(keyword);
        parsed.smtpUtf8 = true;
        break;
      case 'RET':
        parsed.ret = parseRet(value);
        break;
      case 'ENVID':
        parsed.envid = parseEnvid(value);
        break;
      case 'AUTH':
        parsed.auth = parseSubmitter(value, toAscii);
        break;
      default:
        throw unknownParameter(keyword);
    }
  }
  return parsed;
}

function parseSize(value = ''): number {
  // RFC 1870 4: 1*20DIGIT; beyond 2^53 the exact number does not matter, it is too large anyway.
  if (!/^[0-9]{1,20}$/.test(value)) throw badValue('SIZE');
  return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
}

function parseBody(value = ''): BodyKind {
  // S13: the value is case-insensitive (RFC 6152 2).
  switch (value.toUpperCase()) {
    case '7BIT':
      return '7bit';
    case '8BITMIME':
      return '8bitmime';
    case 'BINARYMIME':
      return 'binarymime';
    default:
      throw badValue('BODY');
  }
}

function parseRet(value = ''): 'full' | 'hdrs' {
  const upper = value.toUpperCase();
  if (upper !== 'FULL' && upper !== 'HDRS') throw badValue('RET');
  return upper === 'FULL' ? 'full' : 'hdrs';
}

function parseEnvid(value = ''): string {
  const envid = value.length > maxEnvidLength ? undefined : decodeXtext(value);
  // RFC 3461 4.4: only printable ASCII may be encoded.
  if (envid === undefined || !/^[ -~]+$/.test(envid)) throw badValue('ENVID');
  return envid;
}

function parseSubmitter(value: string | undefined, toAscii: ToAscii): string {
  // RFC 4954 5: an encoded mailbox, or <>.
  if (value === '<>') return '';
  const decoded = decodeXtext(value ?? '');
  if (decoded === undefined) throw badValue('AUTH');
  try {
    parseMailbox(decoded, toAscii);
  } catch (error) {
    if (error instanceof Fault) throw badValue('AUTH');
    throw error;
  }
  return decoded;
}
