// From a proved name to the account that the session works on: disabled users out, authorization identities judged.
//
// RFC 4422 2: acting for somebody else is a right of its own. Nobody has it, except administrators where
// auth.adminsActForUsers says so.

import type { Secret } from '../../base/secret.ts';
import type { Account } from '../user-source.ts';
import { refused, type SaslOutcome, type SaslServices } from './mechanism.ts';

export interface ProvedName {
  readonly account: Account;
  /** As the client wrote it. */
  readonly login: string;
  /** Whom to act as; '' = oneself. */
  readonly authorization: string;
  readonly attempt: Secret;
}

/** The outcome for a user who has proved who they are. */
export async function authorize(services: SaslServices, proved: ProvedName): Promise<SaslOutcome> {
  const { account, login, authorization, attempt } = proved;
  if (!account.enabled) return refused('disabled', login, attempt);
  if (authorization === '' || authorization === login) return { kind: 'accepted', account, login };
  const other = await services.directory.accountOf(authorization);
  if (other?.address === account.address) return { kind: 'accepted', account, login };
  const mayAct = account.admin && services.settings.get('auth.adminsActForUsers');
  if (!mayAct || other === undefined || !other.enabled) return refused('authorization', login, attempt);
  return { kind: 'accepted', account: other, login };
}
