// Parameters of RCPT: NOTIFY and ORCPT (RFC 3461; RFC 6533 for UTF-8 addresses). Kept in the envelope for whoever reports.

import { badValue, parseParameterList, unknownParameter } from './parameters.ts';
import { decodeXtext } from './xtext.ts';

/** When the sender wants a report; `never` stands alone. */
export type NotifyWish = 'never' | 'success' | 'failure' | 'delay';

export interface OriginalRecipient {
  /** Address type in lower case, normally `rfc822` or `utf-8`. */
  readonly type: string;
  /** Decoded address; of type `utf-8` as it came (RFC 6533 3 has its own encoding). */
  readonly address: string;
}

export interface RecipientParameters {
  /** undefined = the default of RFC 3461 4.1: failure, and delay at our choice. */
  readonly notify: readonly NotifyWish[] | undefined;
  readonly orcpt: OriginalRecipient | undefined;
}

/** RFC 3461 4.2: ORCPT has at most 500 characters as encoded. */
const maxOrcptLength = 500;

const none: RecipientParameters = { notify: undefined, orcpt: undefined };

/** Parses from just behind the path. Throws Fault('smtp.bad_parameter' | 'smtp.unknown_parameter'). */
export function parseRecipientParameters(
  text: string,
  start: number,
  smtpUtf8: boolean,
): RecipientParameters {
  if (start === text.length) return none;
  let { notify, orcpt } = none;
  for (const [keyword, value] of parseParameterList(text, start)) {
    if (keyword === 'NOTIFY') notify = parseNotify(value);
    else if (keyword === 'ORCPT') orcpt = parseOrcpt(value, smtpUtf8);
    else throw unknownParameter(keyword);
  }
  return { notify, orcpt };
}

function parseNotify(value = ''): NotifyWish[] {
  const wishes = value.toLowerCase().split(',');
  const known = wishes.every((wish) => ['never', 'success', 'failure', 'delay'].includes(wish));
  // RFC 3461 4.1: NEVER may not be combined.
  if (!known || (wishes.includes('never') && wishes.length > 1)) throw badValue('NOTIFY');
  return [...new Set(wishes)] as NotifyWish[];
}

function parseOrcpt(value = '', smtpUtf8: boolean): OriginalRecipient {
  const semicolon = value.indexOf(';');
  const type = value.slice(0, semicolon).toLowerCase();
  const encoded = value.slice(semicolon + 1);
  if (semicolon <= 0 || value.length > maxOrcptLength || !/^[!-~]+$/.test(type)) throw badValue('ORCPT');
  if (type === 'utf-8') {
    // RFC 6533 3: utf-8-addr-unitext only in SMTPUTF8 transactions, else \x{HEX} escapes.
    if (!(smtpUtf8 ? /^[!-~\u0080-\uffff]+$/ : /^[!-~]+$/).test(encoded)) throw badValue('ORCPT');
    return { type, address: encoded };
  }
  const address = decodeXtext(encoded);
  if (address === undefined || !/^[ -~]+$/.test(address)) throw badValue('ORCPT');
  return { type, address };
}
