// A mailbox to measure with: the same messages as files in two Maildirs, made from a fixed seed.
//
// Subjects fall into conversations with In-Reply-To and References, so that SORT and THREAD have work to do; sizes are 4 KiB.
// Files are written directly and linked, since APPEND of 100,000 messages to two servers takes longer than the measurement.

import { chown, link, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const sizeBytes = 4_096;
const perConversation = 5;
const words = ['invoice', 'meeting', 'report', 'отчёт', 'contract', 'holiday', 'счёт', 'build', 'release'];

function message(index: number): Buffer {
  const conversation = Math.floor(index / perConversation);
  const first = conversation * perConversation;
  const subject = `${words[conversation % words.length]} ${conversation}`;
  const date = new Date(Date.UTC(2026, 0, 1) + ((index * 7919) % 31_000_000) * 1000).toUTCString();
  const lines = [
    `Message-ID: <m${index}@bench.test>`,
    `From: Sender ${index % 97} <sender${index % 97}@bench.test>`,
    'To: alice@example.test',
    `Subject: ${index === first ? '' : 'Re: '}${/^[a-z0-9 ]*$/.test(subject) ? subject : `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`}`,
    `Date: ${date.replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ];
  if (index !== first)
    lines.push(`In-Reply-To: <m${index - 1}@bench.test>`, `References: <m${first}@bench.test>`);
  const head = `${lines.join('\r\n')}\r\n\r\nmessage ${index} about ${subject}\r\n`;
  const filler = `${'y'.repeat(72)}\r\n`;
  const missing = Math.max(0, sizeBytes - Buffer.byteLength(head));
  return Buffer.from(head + filler.repeat(Math.floor(missing / filler.length)));
}

/** Writes `count` messages into `new/` of each Maildir; `owner` 0 keeps the caller's. All on one file system. */
export async function fillMaildirs(
  folders: readonly { readonly path: string; readonly owner: number }[],
  count: number,
): Promise<void> {
  for (const { path, owner } of folders) {
    for (const part of ['', 'cur', 'new', 'tmp']) {
      await mkdir(join(path, part), { recursive: true });
      if (owner !== 0) await chown(join(path, part), owner, owner);
    }
  }
  const [first, ...others] = folders;
  if (first === undefined) return;
  const one = async (index: number): Promise<void> => {
    const name = `${1_767_225_600 + index}.M${index}.bench`;
    const source = join(first.path, 'new', name);
    await writeFile(source, message(index));
    for (const { path, owner } of others) {
      // Links: neither server changes a message's octets.
      await link(source, join(path, 'new', name));
      if (owner !== 0) await chown(source, owner, owner);
    }
  };
  for (let from = 0; from < count; from += 64) {
    await Promise.all(Array.from({ length: Math.min(64, count - from) }, (_, i) => one(from + i)));
  }
}
