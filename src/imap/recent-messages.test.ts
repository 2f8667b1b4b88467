import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageView } from './message-view.ts';
import { RecentMessages } from './recent-messages.ts';

test('recent messages: ranges join, gaps stay, only counted messages are counted', () => {
  const recent = new RecentMessages();
  recent.add(5, 5);
  recent.add(5, 8);
  recent.add(8, 10);
  recent.add(20, 22);
  const members = [5, 6, 7, 8, 9, 20, 21];
  for (let uid = 0; uid < 25; uid++) assert.equal(recent.has(uid), members.includes(uid), String(uid));
  const view = new MessageView(Uint32Array.of(1, 6, 9, 10, 21, 30));
  assert.equal(recent.count(view), 3);
});

test('recent messages: an overlapping range does not count twice', () => {
  const recent = new RecentMessages();
  recent.add(1, 10);
  recent.add(4, 6);
  recent.add(6, 12);
  assert.equal(recent.count(new MessageView(Uint32Array.from({ length: 20 }, (_, i) => i + 1))), 11);
});
