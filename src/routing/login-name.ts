// The address that a log-in name means: lower case, A-label domain, the default domain where there is none.

import type { ToAscii } from '../proto/address/domain.ts';
import { normalAddress, parseMailbox } from '../proto/address/mailbox.ts';

/**
 * Address in normal form; the name itself where it is no address, so that a source can refuse it like any unknown user.
 * `toAscii` makes A-labels of a domain.
 */
export function loginAddress(name: string, defaultDomain: string, toAscii: ToAscii): string {
  const full = name.includes('@') || defaultDomain === '' ? name : `${name}@${defaultDomain}`;
  try {
    return normalAddress(parseMailbox(full, toAscii));
  } catch {
    return name;
  }
}
