// The mechanisms that send the password itself: PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login), and the check they
// share with IMAP LOGIN and POP3 USER/PASS.
//
// Refuses before any source is asked: empty names and passwords (D02: an LDAP bind with an empty password "succeeds"), NUL,
// and what is far too long.

import { Secret } from '../../base/secret.ts';
import { decodeText, parsePlain } from '../../proto/sasl/plain.ts';
import { authorize } from './authorization.ts';
import {
  isPlausible,
  refused,
  type SaslMechanism,
  type SaslOutcome,
  type SaslServices,
} from './mechanism.ts';

export interface PasswordCredentials {
  readonly login: string;
  readonly password: Secret;
  /** Whom to act as; '' = oneself. */
  readonly authorization?: string;
}

/** Checks a name and a password. Throws Transient when no source can tell now. */
export async function checkPassword(
  services: SaslServices,
  { login, password, authorization = '' }: PasswordCredentials,
): Promise<SaslOutcome> {
  if (!isPlausible(login) || !isPlausible(password.reveal())) return refused('malformed', login, password);
  const answer = await services.directory.authenticate(login, password);
  if (answer.kind === 'refused') return refused(answer.reason, login, password);
  return await authorize(services, { account: answer.account, login, authorization, attempt: password });
}

export const plain: SaslMechanism = {
  name: 'PLAIN',
  isAvailable: () => true,
  begin: ({ services }) => ({
    firstChallenge: '',
    step: (response) => checkPassword(services, parsePlain(response)),
  }),
};

export const login: SaslMechanism = {
  name: 'LOGIN',
  isAvailable: () => true,
  begin: ({ services }) => {
    let name: string | undefined;
    return {
      firstChallenge: 'Username:',
      async step(response) {
        if (name === undefined) {
          name = decodeText(response);
          return { kind: 'challenge', octets: Buffer.from('Password:') };
        }
        return await checkPassword(services, { login: name, password: new Secret(decodeText(response)) });
      },
    };
  },
};
