import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AclEntry,
  formatRights,
  formatRightsForOldClients,
  normalIdentifier,
  parseRights,
  type Right,
  rightLetters,
  rightsByAcl,
  withEntry,
} from './acl.ts';

test('rights: every letter there is, and no other', () => {
  for (let code = 0; code < 256; code++) {
    const letter = String.fromCharCode(code);
    const parsed = parseRights(letter);
    if (letter === 'c') assert.equal(formatRights(parsed!), 'kx');
    else if (letter === 'd') assert.equal(formatRights(parsed!), 'te');
    else if ((rightLetters as readonly string[]).includes(letter))
      assert.equal(formatRights(parsed!), letter);
    else assert.equal(parsed, undefined, `octet ${code}`);
  }
  assert.equal(formatRights(parseRights('aetxkpiwsrl')!), 'lrswipkxtea');
  assert.equal(parseRights('')?.size, 0);
});

test('rights: c and d are shown when any of theirs is there (RFC 4314 2.1.1)', () => {
  for (const [rights, shown] of [
    ['lr', 'lr'],
    ['k', 'kc'],
    ['x', 'xc'],
    ['t', 'td'],
    ['lre', 'lred'],
    ['cd', 'kxtecd'],
  ] as const) {
    assert.equal(formatRightsForOldClients(parseRights(rights)!), shown);
  }
});

test('identifiers: normal form, and what is none', () => {
  for (const [written, normal] of [
    ['Bob@Example.TEST', 'bob@example.test'],
    ['-Bob@Example.TEST', '-bob@example.test'],
    ['ANYONE', 'anyone'],
    ['-Authenticated', '-authenticated'],
    ['owner', 'owner'],
    ['$Отдел-1', '$Отдел-1'],
    ['-$sales', '-$sales'],
    ['', undefined],
    ['-', undefined],
    ['--bob@example.test', undefined],
    ['bob', undefined],
    ['@example.test', undefined],
    ['bob@', undefined],
    ['a b@example.test', undefined],
    ['$', undefined],
    ['$a/b', undefined],
    ['a\u0000@example.test', undefined],
    ['a\ud800@example.test', undefined],
    [`${'x'.repeat(330)}@example.test`, undefined],
  ] as const) {
    assert.equal(normalIdentifier(written), normal, JSON.stringify(written));
  }
});

/** Small generator, the same numbers every time (Numerical Recipes). */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** RFC 4314 2, written the slow way: each right on its own. */
function mayBySlowModel(
  entries: readonly AclEntry[],
  right: Right,
  address: string,
  groups: string[],
): boolean {
  const matches = (name: string): boolean =>
    name === 'anyone' ||
    name === 'authenticated' ||
    name === address ||
    (name.startsWith('$') && groups.includes(name.slice(1)));
  const given = entries.some(
    ({ identifier, rights }) => !identifier.startsWith('-') && matches(identifier) && rights.has(right),
  );
  const taken = entries.some(
    ({ identifier, rights }) =>
      identifier.startsWith('-') && matches(identifier.slice(1)) && rights.has(right),
  );
  return given && !taken;
}

test('rights: random lists and changes agree with the model, in any order of entries', () => {
  const names = ['a@x.test', 'b@x.test', '$g', '$h', 'anyone', 'authenticated', 'owner'];
  const identifiers = names.flatMap((name) => [name, `-${name}`]);
  const random = numbers(4314);
  for (let round = 0; round < 2000; round++) {
    let entries: AclEntry[] = [];
    for (let step = random(12); step >= 0; step--) {
      const identifier = identifiers[random(identifiers.length)]!;
      const rights = new Set(rightLetters.filter(() => random(3) === 0));
      entries = withEntry(entries, identifier, random(5) === 0 ? undefined : rights);
    }
    assert.equal(new Set(entries.map(({ identifier }) => identifier)).size, entries.length);
    const address = names[random(2)]!;
    const groups = ['g', 'h', 'i'].filter(() => random(2) === 0);
    const rights = rightsByAcl(entries, { address, groups });
    for (const right of rightLetters) {
      const expected = mayBySlowModel(entries, right, address, groups);
      assert.equal(rights.has(right), expected, `${right}: ${JSON.stringify(entries)}`);
    }
    const turned = rightsByAcl([...entries].reverse(), { address, groups });
    assert.deepEqual([...turned].sort(), [...rights].sort());
  }
});
