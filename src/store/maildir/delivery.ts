// Delivery: one file into new/, durable, without the index. Safe with any number of deliveries, workers and readers.
//
// The native chain creates in tmp/, writes, syncs, renames and syncs the directory. A missing account is made on the
// way; a missing folder means INBOX. Keywords, which Sieve may set, need a letter in `dovecot-keywords`, hence the lock.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { MailboxName } from '../../base/brands.ts';
import { type DurableFile, deliverFile } from '../../native/file-io.ts';
import type { Delivery } from '../mail-store.ts';
import { accountPaths } from './account-path.ts';
import type { AccountState } from './account-state.ts';
import { isMissing } from './failures.ts';
import { formatInfo } from './file-name.ts';
import { parseFlags } from './flag-names.ts';
import { makeAccount } from './folder-create.ts';
import { directoryOfName, inbox } from './folder-name.ts';
import { deliveryFlagBits } from './keyword-letters.ts';
import { filePath } from './message-file.ts';
import { Place } from './message-table.ts';
import type { StoreContext } from './options.ts';
import { addUsage, assertQuota } from './quota.ts';
import type { SyncedWays } from './synced-ways.ts';

/** Delivers one message; durable when it resolves. `state` gives the account for its lock. */
export async function deliverMessage(
  delivery: Delivery,
  context: StoreContext,
  ways: SyncedWays,
  state: (address: string) => AccountState,
): Promise<void> {
  const { account: ref, prefix, body } = delivery;
  const paths = accountPaths(context.root, ref.address);
  const size = prefix.length + body.sizeBytes;
  await assertQuota(paths, ref, context, size, 1);
  const deliverTo = async (name: MailboxName): Promise<MailboxName> => {
    // Before the message and not after it: what fails here leaves nothing behind.
    await ways.ensure(paths, directoryOfName(name));
    return await deliverInto(delivery, context, state, paths.maildir, name);
  };
  const mailbox = await deliverTo(delivery.mailbox).catch(async (error: unknown) => {
    if (!isMissing(error)) throw error;
    await makeAccount(paths);
    ways.forget(paths);
    return await deliverTo(inbox);
  });
  await addUsage(paths, ref, context, size, 1);
  context.bus.publish('mailbox.changed', { account: ref.address, mailbox });
}

async function deliverInto(
  delivery: Delivery,
  context: StoreContext,
  state: (address: string) => AccountState,
  maildir: string,
  mailbox: MailboxName,
): Promise<MailboxName> {
  const folder = join(maildir, directoryOfName(mailbox));
  const { prefix, body } = delivery;
  const flags = parseFlags(delivery.flags);
  const bits =
    flags.keywords.length === 0
      ? flags.system
      : await state(delivery.account.address).lock.run(() => deliveryFlagBits(folder, flags));
  const size = prefix.length + body.sizeBytes;
  const base = context.names.next(context.clock.nowMs(), size);
  const file: DurableFile = {
    tmpPath: join(folder, 'tmp', `${randomBytes(4).toString('hex')}.${base}`),
    finalPath: filePath(folder, { base, info: bits === 0 ? '' : formatInfo('', bits), place: Place.new }),
    buffers: [prefix, ...(body.memory ?? [])],
    // What is acknowledged is the message as it was received, never the part of it that a spool file still holds.
    sizeBytes: size,
  };
  await deliverFile(
    body.memory === undefined && body.path !== undefined ? { ...file, sourcePath: body.path } : file,
  );
  return mailbox;
}
