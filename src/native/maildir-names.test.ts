// Scan, name codec and Dovecot lists through the addon.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  type MaildirScan,
  measureFile,
  parseKeywords,
  parseUidList,
  scanDirectory,
  withFlags,
} from './maildir-names.ts';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tegu-names-'));
});
after(() => rm(root, { recursive: true, force: true }));

const nameAt = (scan: MaildirScan, row: number) =>
  scan.names.toString('utf8', scan.nameOffsets[row], scan.nameOffsets[row + 1]);

async function folder(name: string, files: readonly string[]): Promise<string> {
  const path = join(root, name);
  await mkdir(path);
  for (const file of files) await writeFile(join(path, file), 'x');
  return path;
}

describe('scan', () => {
  test('columns agree, base names are in octet order, dot files are left out', async () => {
    const path = await folder('columns', ['b:2,S', 'a,S=3,W=4:2,Fa', '.hidden', 'b0:2,', 'б:2,T']);
    const scan = await scanDirectory(path);
    assert.equal(scan.count, 4);
    assert.equal(scan.mtimeNs, (await stat(path, { bigint: true })).mtimeNs);
    const names = Array.from({ length: scan.count }, (_, row) => nameAt(scan, row));
    assert.deepEqual(names, ['a,S=3,W=4:2,Fa', 'b:2,S', 'b0:2,', 'б:2,T']);
    assert.deepEqual([...scan.baseLengths], [9, 1, 2, 2]);
    assert.deepEqual([...scan.sizes], [3, -1, -1, -1]);
    assert.deepEqual([...scan.virtualSizes], [4, -1, -1, -1]);
    assert.deepEqual([...scan.flags], [2 | 32, 8, 0, 4]);
  });

  test('an empty directory has one offset; a missing one rejects with ENOENT', async () => {
    const scan = await scanDirectory(await folder('empty', []));
    assert.deepEqual([scan.count, scan.names.length, [...scan.nameOffsets]], [0, 0, [0]]);
    await assert.rejects(scanDirectory(join(root, 'none')), { code: 'ENOENT', path: 'none' });
    assert.throws(() => scanDirectory('relative'), TypeError);
  });

  test('M05: 20,000 files are scanned without opening one, and the event loop goes on meanwhile', async () => {
    const path = join(root, 'many');
    await mkdir(path);
    // Made by the shell: quicker than 20,000 promises.
    const script = 'i=0; while [ $i -lt 20000 ]; do : > "1700000000.M$i,S=1,W=1:2,S"; i=$((i+1)); done';
    await promisify(execFile)('sh', ['-c', script], { cwd: path });
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const scans = await Promise.all(Array.from({ length: 8 }, () => scanDirectory(path)));
    clearInterval(ticking);
    for (const scan of scans) {
      assert.equal(scan.count, 20_000);
      assert.ok(scan.flags.every((flags) => flags === 8));
      for (let row = 1; row < scan.count; row++) assert.ok(nameAt(scan, row - 1) < nameAt(scan, row));
    }
    assert.ok(turns > 0);
  });
});

test('measure: bare LF counts twice, CRLF once, and the file time is told', async () => {
  const path = join(root, 'measured');
  await writeFile(path, 'a\nb\r\n\n\r');
  await utimes(path, 1_700_000_000, 1_700_000_000.5);
  assert.deepEqual(await measureFile(path), {
    sizeBytes: 7,
    virtualSizeBytes: 9,
    mtimeMs: 1_700_000_000_500,
  });
  await assert.rejects(measureFile(join(root, 'none')), { code: 'ENOENT' });
});

test('uid list: columns of a Dovecot list', () => {
  const list = parseUidList(
    Buffer.from('3 V1275660208 N25022 G3085f01b\n25006 :one,S=1:2,S\n25017 W2 S1 :two\n25021 :три:2,\n'),
  );
  assert.deepEqual(
    [list.version, list.uidValidity, list.uidNext, list.errorLine],
    [3, 1275660208, 25022, -1],
  );
  assert.deepEqual([...list.uids], [25006, 25017, 25021]);
  const names = [...list.uids.keys()].map((row) =>
    list.names.toString('utf8', list.nameOffsets[row], list.nameOffsets[row + 1]),
  );
  assert.deepEqual(names, ['one,S=1', 'two', 'три']);
});

test('uid list: damage is told by its line, a bad header gives nothing', () => {
  const broken = parseUidList(Buffer.from('3 V5 N9\n1 :a\n1 :b\n2 :c\n'));
  assert.deepEqual([[...broken.uids], broken.errorLine], [[1], 3]);
  const none = parseUidList(Buffer.from('nothing of the kind'));
  assert.deepEqual([none.version, none.uidValidity, none.uids.length, none.errorLine], [0, 0, 0, 1]);
  assert.deepEqual([...none.nameOffsets], [0]);
  assert.throws(() => parseUidList('text' as never), TypeError);
});

test('keywords: letters by position, holes are empty', () => {
  assert.deepEqual(parseKeywords(Buffer.from('0 $Forwarded\n2 Junk\n')), {
    names: ['$Forwarded', '', 'Junk'],
    errorLine: -1,
  });
  assert.deepEqual(parseKeywords(Buffer.alloc(0)), { names: [], errorLine: -1 });
  assert.deepEqual(parseKeywords(Buffer.from('0 a\nbad\n1 b\n')), { names: ['a'], errorLine: 2 });
});

test('flags: sorted, complete, and foreign letters stay', () => {
  assert.equal(withFlags('1.host,S=5:2,PS', 1 | 2 | 32), '1.host,S=5:2,FPRa');
  assert.equal(withFlags('1.host', 0), '1.host:2,');
  assert.throws(() => withFlags('1.host', 2 ** 31), TypeError);
  assert.throws(() => withFlags(1 as never, 0), TypeError);
});
