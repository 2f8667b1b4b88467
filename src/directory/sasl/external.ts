// EXTERNAL (RFC 4422 A): the client's TLS certificate has said who it is; the message only says whom to act as.
//
// A certificate counts when it was verified against auth.clientCaFile. Which of its names is the user is the channel's
// matter (auth.clientCertificateName); with several names that are accounts here, the client must say which one.

import { decodeText } from '../../proto/sasl/plain.ts';
import type { Account } from '../user-source.ts';
import { authorize } from './authorization.ts';
import { refused, type SaslMechanism, type SaslOutcome, type SaslServices } from './mechanism.ts';

export const external: SaslMechanism = {
  name: 'EXTERNAL',
  isAvailable: (_services, channel) => (channel.certificateNames()?.length ?? 0) > 0,
  begin: ({ services, channel }) => ({
    firstChallenge: '',
    step: (response) => check(services, channel.certificateNames() ?? [], decodeText(response)),
  }),
};

async function check(
  services: SaslServices,
  names: readonly string[],
  authorization: string,
): Promise<SaslOutcome> {
  const accounts: { readonly name: string; readonly account: Account }[] = [];
  for (const name of names) {
    const account = await services.directory.accountOf(name);
    if (account !== undefined && !accounts.some((one) => one.account.address === account.address)) {
      accounts.push({ name, account });
    }
  }
  const wanted = authorization === '' ? undefined : await services.directory.accountOf(authorization);
  const own = accounts.find(({ account }) => account.address === wanted?.address) ?? accounts[0];
  const attempt = refused('certificate', names[0] ?? '', 'certificate').attempt;
  if (own === undefined || (wanted === undefined && authorization === '' && accounts.length > 1)) {
    return refused('certificate', names[0] ?? '', attempt);
  }
  return await authorize(services, { account: own.account, login: own.name, authorization, attempt });
}
