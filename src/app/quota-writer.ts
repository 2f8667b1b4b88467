// Writes quotas that an administrator sets over IMAP (SETQUOTA) to users.json, with the writer that the command line uses,
// and makes all workers read it.

import type { Bus } from '../cluster/bus.ts';
import { editUserFile } from '../directory/json/user-file.ts';
import type { QuotaLimits } from '../imap/services.ts';

/** False when the file does not know the user: the limits are kept by another source. Durable when it resolves. */
export async function writeQuotaLimits(
  path: string,
  address: string,
  limits: QuotaLimits,
  bus: Bus,
): Promise<boolean> {
  const found = await editUserFile(path, (users) => [
    users.map((user) => (user.address === address ? { ...user, ...limits } : user)),
    users.some((user) => user.address === address),
  ]);
  if (found) bus.publish('directory.changed', { source: 'file' });
  return found;
}
