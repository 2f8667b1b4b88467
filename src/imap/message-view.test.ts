import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Seq, Uid } from '../base/brands.ts';
import { MessageView } from './message-view.ts';

const uids = (...list: number[]) => Uint32Array.from(list);
const list = (numbers: Uint32Array) => [...numbers];

test('message view: numbers and UIDs map both ways, unknown UIDs have no number', () => {
  const view = new MessageView(uids(3, 5, 9));
  assert.equal(view.count, 3);
  assert.equal(view.largestUid, 9);
  assert.equal(view.uidAt(2 as Seq), 5);
  assert.equal(view.seqOf(9 as Uid), 3);
  assert.equal(view.seqOf(4 as Uid), undefined);
  assert.deepEqual(list(view.seqsOf(uids(1, 3, 4, 9, 10))), [0, 1, 0, 3, 0]);
  assert.throws(() => view.uidAt(4 as Seq), { code: 'internal.bug' });
});

test('message view: ranges select by number and by UID, what lies outside selects nothing', () => {
  const view = new MessageView(uids(3, 5, 9, 12));
  assert.deepEqual(list(view.selectSeqs([1, 2, 4, 900])), [3, 5, 12]);
  assert.deepEqual(list(view.selectSeqs([7, 9])), []);
  assert.deepEqual(list(view.selectUids([4, 11])), [5, 9]);
  assert.deepEqual(list(view.selectUids([12, 4_294_967_295])), [12]);
  assert.deepEqual(list(new MessageView().selectSeqs([1, 5])), []);
});

test('message view: numbers of removed messages come descending and the rest moves up', () => {
  const view = new MessageView(uids(3, 5, 9, 12, 15));
  assert.deepEqual(list(view.remove(uids(2, 5, 12, 99))), [4, 2]);
  assert.deepEqual(list(view.uids), [3, 9, 15]);
  assert.deepEqual(list(view.remove(uids(4))), []);
  view.append(uids(16, 20));
  assert.deepEqual(list(view.uids), [3, 9, 15, 16, 20]);
});

test('message view: a new message below the largest UID is our bug, never a renumbering', () => {
  const view = new MessageView(uids(3, 5));
  assert.throws(() => view.append(uids(5)), { code: 'internal.bug' });
});

test('message view: agrees with a plain list over many random changes', () => {
  let state = 1;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
  const view = new MessageView();
  let model: number[] = [];
  let next = 1;
  for (let round = 0; round < 400; round++) {
    const added = Array.from({ length: random(5) }, () => {
      next += 1 + random(3);
      return next;
    });
    view.append(Uint32Array.from(added));
    model.push(...added);
    const removed = model.filter(() => random(6) === 0);
    const numbers = view.remove(Uint32Array.from(removed));
    for (const number of numbers) model.splice(number - 1, 1);
    model = model.filter((uid) => !removed.includes(uid));
    assert.deepEqual(list(view.uids), model);
    const wanted = Uint32Array.from({ length: 10 }, () => random(next + 2)).sort();
    const expected = [...wanted].map((uid) => model.indexOf(uid) + 1);
    assert.deepEqual(list(view.seqsOf(wanted)), expected);
  }
});

test('message view: a shared list of UIDs is never written to', () => {
  const shared = uids(1, 2, 3, 4);
  const [left, right] = [new MessageView(shared, true), new MessageView(shared, true)];
  left.remove(uids(2));
  right.append(uids(9));
  right.remove(uids(1, 9));
  assert.deepEqual(list(left.uids), [1, 3, 4]);
  assert.deepEqual(list(right.uids), [2, 3, 4]);
  assert.deepEqual(list(shared), [1, 2, 3, 4]);
});
