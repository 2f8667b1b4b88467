import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Permanent, Transient } from '../base/outcome.ts';
import { failureCompletion } from './failure.ts';

const answers: readonly (readonly [Permanent | Transient, boolean, string])[] = [
  [new Permanent('store.no_mailbox', 'x'), false, 'NONEXISTENT'],
  [new Permanent('store.no_mailbox', 'x'), true, 'TRYCREATE'],
  [new Permanent('store.mailbox_exists', 'x'), true, 'ALREADYEXISTS'],
  // The command looked before another session made the name a mere parent; the store found out under its lock.
  [new Permanent('store.has_children', 'x'), false, 'HASCHILDREN'],
  [new Permanent('store.over_quota', 'x'), false, 'OVERQUOTA'],
  [new Permanent('store.expunged', 'x'), false, 'EXPUNGEISSUED'],
  [new Permanent('store.never_heard_of', 'x'), false, 'CANNOT'],
  [new Transient('store.busy', 'x'), false, 'INUSE'],
  [new Transient('store.full', 'x'), false, 'UNAVAILABLE'],
  [new Transient('store.never_heard_of', 'x'), false, 'UNAVAILABLE'],
];

for (const [failure, tryCreate, code] of answers) {
  test(`failure: ${failure.code}${tryCreate ? ' of a destination' : ''} is NO [${code}]`, () => {
    const completion = failureCompletion(failure, tryCreate);
    assert.deepEqual([completion.status, completion.code], ['NO', code]);
    assert.notEqual(completion.text, 'x', 'texts of stores may name paths');
  });
}
