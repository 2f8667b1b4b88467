import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partColumns } from '../../native/mime.ts';
import type { Section, SectionText } from '../../proto/imap/fetch-items.ts';
import { binaryRange, findPart, sectionRange } from './part-path.ts';

/** A part with made-up octets: header [start, start+10), body from there to `end`. */
interface Node {
  readonly kind: 'leaf' | 'multipart' | 'message';
  readonly children?: readonly Node[];
}
const kinds = { leaf: 0, multipart: 1, message: 2 } as const;
const leaf: Node = { kind: 'leaf' };
const multipart = (...children: Node[]): Node => ({ kind: 'multipart', children });
const message = (root: Node): Node => ({ kind: 'message', children: [root] });

/** Rows in document order; each part's header begins at 100 × its row. */
function table(root: Node): Float64Array {
  const rows: number[][] = [];
  const add = (node: Node, parent: number): number => {
    const row = rows.length;
    const start = row * 100;
    const values = [start, start + 10, start + 50, parent, -1, -1, kinds[node.kind], 0, 1, 40];
    rows.push(values);
    let previous = -1;
    for (const child of node.children ?? []) {
      const childRow = add(child, row);
      if (previous < 0) values[4] = childRow;
      else rows[previous]![5] = childRow;
      previous = childRow;
    }
    return row;
  };
  add(root, -1);
  assert.equal(rows[0]!.length, partColumns);
  return Float64Array.from(rows.flat());
}

const section = (text: SectionText, ...path: number[]): Section => ({ path, text, names: [] });

test('I08: part numbers below message/rfc822 are those of the inner message', () => {
  // mixed { text, rfc822 { mixed { text, pdf } } }
  const parts = table(multipart(leaf, message(multipart(leaf, leaf))));
  const cases: [number[], number | undefined][] = [
    [[], 0],
    [[1], 1],
    [[2], 2],
    [[2, 1], 4],
    [[2, 2], 5],
    [[2, 3], undefined],
    [[1, 1], undefined],
    [[3], undefined],
    [[2, 1, 1], undefined],
  ];
  for (const [path, row] of cases) assert.equal(findPart(parts, path), row, path.join('.'));
  assert.deepEqual(sectionRange(parts, section('header', 2)), { start: 300, end: 310 });
  assert.deepEqual(sectionRange(parts, section('text', 2)), { start: 310, end: 350 });
  assert.deepEqual(sectionRange(parts, section('mime', 2)), { start: 200, end: 210 });
  assert.deepEqual(sectionRange(parts, section('whole', 2)), { start: 210, end: 250 });
  assert.deepEqual(sectionRange(parts, section('whole', 2, 1)), { start: 410, end: 450 });
});

test('part path: a message that is not multipart has part 1 and no other', () => {
  const parts = table(leaf);
  assert.equal(findPart(parts, [1]), 0);
  assert.equal(findPart(parts, [2]), undefined);
  assert.equal(findPart(parts, [1, 1]), undefined);
  assert.deepEqual(sectionRange(parts, section('whole', 1)), { start: 10, end: 50 });
  assert.deepEqual(sectionRange(parts, section('mime', 1)), { start: 0, end: 10 });
});

test('part path: message/rfc822 inside message/rfc822 needs one number a level', () => {
  const parts = table(message(message(leaf)));
  assert.equal(findPart(parts, [1]), 0);
  assert.equal(findPart(parts, [1, 1]), 1);
  assert.equal(findPart(parts, [1, 1, 1]), 2);
  assert.deepEqual(sectionRange(parts, section('header', 1, 1)), { start: 200, end: 210 });
});

test('section: HEADER and TEXT below a part that is no message do not exist', () => {
  const parts = table(multipart(leaf, multipart(leaf)));
  for (const path of [[1], [2], [2, 1]]) {
    assert.equal(sectionRange(parts, section('header', ...path)), undefined);
    assert.equal(sectionRange(parts, section('text', ...path)), undefined);
  }
  assert.deepEqual(sectionRange(parts, section('header')), { start: 0, end: 10 });
  assert.deepEqual(sectionRange(parts, section('whole')), { start: 0, end: 50 });
});

test('part path: a message part that was cut by a limit has nothing inside', () => {
  const parts = table({ kind: 'message' });
  assert.equal(findPart(parts, [1]), 0);
  assert.equal(findPart(parts, [1, 1]), undefined);
  assert.equal(sectionRange(parts, section('header', 1)), undefined);
});

test('part path: a multipart without parts has one empty part, as its structure says', () => {
  const parts = table(multipart(multipart(), leaf));
  assert.deepEqual(sectionRange(parts, section('whole', 1, 1)), { start: 0, end: 0 });
  assert.deepEqual(sectionRange(parts, section('mime', 1, 1)), { start: 0, end: 0 });
  assert.equal(sectionRange(parts, section('text', 1, 1)), undefined);
  assert.equal(sectionRange(parts, section('whole', 1, 1, 1)), undefined);
  assert.equal(sectionRange(parts, section('whole', 1, 2)), undefined);
  assert.equal(binaryRange(parts, [1, 1])?.end, 0);
});

test('part path: thousands of siblings and numbers cost no more than their count', () => {
  const parts = table(multipart(...Array.from({ length: 2000 }, () => leaf)));
  assert.equal(findPart(parts, [2000]), 2000);
  assert.equal(findPart(parts, [4_294_967_295]), undefined);
  assert.equal(
    findPart(
      parts,
      Array.from({ length: 30_000 }, () => 1),
    ),
    undefined,
  );
});

test('binary: the empty path is the whole message, a part is its body', () => {
  const parts = table(multipart(leaf));
  assert.deepEqual(binaryRange(parts, []), { start: 0, end: 50, row: 0 });
  assert.deepEqual(binaryRange(parts, [1]), { start: 110, end: 150, row: 1 });
  assert.equal(binaryRange(parts, [2]), undefined);
});
