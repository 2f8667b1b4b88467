// LOGIN (RFC 9051 6.2.3): name and password as astrings. 8-bit octets are taken as UTF-8, as passwords are stored.

import { Secret } from '../../base/secret.ts';
import { checkPassword, type PasswordCredentials } from '../../directory/sasl/password.ts';
import { decodeText } from '../../proto/sasl/plain.ts';
import { command, onlyUnauthenticated } from '../command.ts';
import { assertPasswordAllowed, logIn } from '../login.ts';

export const login = command<PasswordCredentials>({
  name: 'LOGIN',
  states: onlyUnauthenticated,
  announce: 'none',
  parse(tokens) {
    tokens.expectSpace('user name');
    const user = tokens.expectAstring('user name');
    tokens.expectSpace('password');
    const password = tokens.expectAstring('password');
    tokens.expectEnd();
    return { login: decodeText(user), password: new Secret(decodeText(password)) };
  },
  async run(session, credentials) {
    assertPasswordAllowed(session);
    return await logIn(session, await checkPassword(session.services.sasl, credentials), 'LOGIN command');
  },
});
