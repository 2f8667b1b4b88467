// APPEND: messages are streamed into tmp/, then become visible together.
//
// One message: fsync, rename into cur/, directory sync (one native chain), then its index row, then the sync of the
// index. A scan by another worker may find the file first and give it its UID; the transaction looks it up by base name,
// so there is one UID in any case. A crash before the row leaves a file that the next scan finds: the client never got
// an OK and sees the message once. Several messages (RFC 3502): under the account lock an intent is written and synced
// before the first rename and removed with the rows, so that a crash in between takes the files away again.

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, Permanent, Transient } from '../../base/outcome.ts';
import { commitFile, renameMany, unlinkMany } from '../../native/file-io.ts';
import type { AccountRef, Append, AppendMessage } from '../mail-store.ts';
import type { AccountIndex } from './account-index.ts';
import type { AccountState } from './account-state.ts';
import { errnoFailure, isMissing } from './failures.ts';
import { formatInfo } from './file-name.ts';
import { type ParsedFlags, parseFlags } from './flag-names.ts';
import type { FolderState } from './folder-state.ts';
import { undoFiles } from './intents.ts';
import { flagBitsLocked } from './keyword-letters.ts';
import type { NewMessage } from './mailbox-writer.ts';
import { filePath } from './message-file.ts';
import { Place } from './message-table.ts';
import { addUsage, assertQuota } from './quota.ts';

interface Staged {
  readonly tmpPath: string;
  /** Open until commit when it is the only message; closed and synced otherwise. */
  file: FileHandle | undefined;
  readonly base: string;
  readonly sizeBytes: number;
  readonly dateMs: number;
  readonly flags: ParsedFlags;
}

/** One APPEND command on one mailbox. */
export class MaildirAppend implements Append {
  readonly #account: AccountState;
  readonly #ref: AccountRef;
  readonly #folder: FolderState;
  readonly #staged: Staged[] = [];
  #finished = false;
  #broken = false;

  constructor(account: AccountState, ref: AccountRef, folder: FolderState) {
    this.#account = account;
    this.#ref = ref;
    this.#folder = folder;
  }

  async add(message: AppendMessage, octets: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#account.use('append', async (index) => {
      // The mailbox may have been renamed since the last message.
      this.#folder.row(index);
      const { paths, context } = this.#account;
      // Until this message is there, commit() must not go on: neither with half a file, nor with an earlier one whose
      // sync has failed, since the kernel reports a lost page once and the next sync would succeed.
      this.#broken = true;
      const already = this.#staged.reduce((sum, staged) => sum + staged.sizeBytes, 0);
      await assertQuota(paths, this.#ref, context, already + message.sizeBytes, this.#staged.length + 1);
      // Only the first file may wait open for its sync: a MULTIAPPEND of thousands must not hold as many descriptors.
      for (const staged of this.#staged) await seal(staged);
      const staged = await this.#create(message);
      this.#staged.push(staged);
      await stream(staged, octets);
      this.#broken = false;
    });
  }

  async #create(message: AppendMessage): Promise<Staged> {
    const { context } = this.#account;
    const nowMs = context.clock.nowMs();
    const base = context.names.next(nowMs, message.sizeBytes);
    const tmpPath = join(this.#folder.path, 'tmp', `${randomBytes(4).toString('hex')}.${base}`);
    return {
      tmpPath,
      file: await open(tmpPath, 'wx', 0o600),
      base,
      sizeBytes: message.sizeBytes,
      dateMs: Math.floor(message.internalDateMs ?? nowMs),
      flags: parseFlags(message.flags),
    };
  }

  async commit(): Promise<{ readonly uidValidity: number; readonly uids: Uint32Array }> {
    assert(!this.#broken && !this.#finished, 'append is committed after a failure or twice');
    return await this.#account.use('append', async (index) => {
      const folder = this.#folder;
      folder.row(index);
      const needsLetters = this.#staged.some(({ flags }) => flags.keywords.length > 0);
      const alone = this.#staged.length === 1 && !needsLetters;
      const uids = alone
        ? await this.#commitOne(index)
        : await this.#account.locked(index, () => this.#commitAll(index));
      this.#finished = true;
      const bytes = this.#staged.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      await addUsage(this.#account.paths, this.#ref, this.#account.context, bytes, uids.length);
      this.#account.changed(folder.name);
      return { uidValidity: folder.uidValidity, uids: Uint32Array.from(uids) };
    });
  }

  async #commitOne(index: AccountIndex): Promise<number[]> {
    const staged = this.#staged[0] as Staged;
    const message = toMessage(staged, staged.flags.system);
    const path = filePath(this.#folder.path, message);
    await commitStaged(staged, path);
    try {
      return await index.write((transaction) => {
        const writer = transaction.writer(this.#folder.id);
        return [writer.uidOfBase(message.base) ?? writer.insert(message)];
      });
    } catch (error) {
      // RFC 9051 6.3.12: a failed APPEND leaves the mailbox as it was, or the client's next attempt makes a second copy.
      const isListed = index.messages.uidOfBase(this.#folder.id, message.base) !== undefined;
      if (!isListed) await unlinkMany([path], [join(this.#folder.path, 'cur')]);
      throw error;
    }
  }

  /** Lock held, so no scan sees some of the files before all have their rows. */
  async #commitAll(index: AccountIndex): Promise<number[]> {
    const folder = this.#folder;
    folder.row(index);
    const messages: NewMessage[] = [];
    for (const staged of this.#staged) {
      await seal(staged);
      messages.push(toMessage(staged, await flagBitsLocked(index, folder, staged.flags)));
    }
    const names = messages.map(({ base, info }) => base + info);
    const intent = { kind: 'files', mailbox: folder.id, names } as const;
    const id = await index.write((transaction) => transaction.intents.add(intent));
    try {
      const pairs = messages.flatMap((message, at) => [
        this.#staged[at]?.tmpPath ?? '',
        filePath(folder.path, message),
      ]);
      const errnos = await renameMany(pairs, [join(folder.path, 'cur')]);
      const failed = errnos.find((errno) => errno !== 0);
      if (failed !== undefined) throw errnoFailure(failed, 'appending messages');
      return await index.write((transaction) => {
        const writer = transaction.writer(folder.id);
        transaction.intents.remove(id);
        return messages.map((message) => writer.insert(message));
      });
    } catch (error) {
      await undoFiles(this.#account, index, id, intent);
      throw error;
    }
  }

  async abort(): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    for (const staged of this.#staged) {
      await staged.file?.close().catch(() => {});
      await unlink(staged.tmpPath).catch((error) => {
        if (!isMissing(error)) this.#account.context.log.warn('store.tmp_left', { path: staged.tmpPath });
      });
    }
  }
}

/** Writes the octets; their number must be what was announced. */
async function stream(staged: Staged, octets: AsyncIterable<Uint8Array>): Promise<void> {
  const file = staged.file as FileHandle;
  let written = 0;
  for await (const chunk of octets) {
    written += chunk.length;
    if (written > staged.sizeBytes) break;
    for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
  }
  if (written !== staged.sizeBytes) {
    throw new Permanent(
      'store.size_mismatch',
      `message has other than the announced ${staged.sizeBytes} octets`,
    );
  }
  // INTERNALDATE is the file's mtime, so that it survives a lost index and other programs see it.
  await file.utimes(staged.dateMs / 1000, staged.dateMs / 1000);
}

/** Makes a staged file durable under its temporary name and closes it. */
async function seal(staged: Staged): Promise<void> {
  if (staged.file === undefined) return;
  await staged.file.sync();
  await staged.file.close();
  staged.file = undefined;
}

async function commitStaged(staged: Staged, finalPath: string): Promise<void> {
  const { file } = staged;
  if (file === undefined) throw new Transient('store.io', 'append was closed before its commit');
  await commitFile(file.fd, staged.tmpPath, finalPath);
  staged.file = undefined;
  await file.close();
}

function toMessage(staged: Staged, flags: number): NewMessage {
  const { base, sizeBytes, dateMs } = staged;
  const info = formatInfo('', flags);
  return { base, info, place: Place.cur, flags, size: sizeBytes, vsize: sizeBytes, date: dateMs };
}
