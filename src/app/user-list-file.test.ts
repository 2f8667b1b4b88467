import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessFormat, parseUserList } from './user-list-file.ts';

const plain = (users: readonly object[]): unknown => JSON.parse(JSON.stringify(users));

const formats: readonly (readonly [string, string])[] = [
  ['{"users":[]}', 'json'],
  [' [ ]', 'json'],
  ['address,password\n', 'csv'],
  ['"Name";"Address"\r\n', 'csv'],
  ['name\taddress\n', 'csv'],
  ['alice:{PLAIN}x\n', 'passwd'],
  ['address@example.test:x', 'passwd'],
  ['', 'passwd'],
];
for (const [text, format] of formats) {
  test(`user list: ${JSON.stringify(text)} looks like ${format}`, () =>
    assert.equal(guessFormat(text), format));
}

test('user list: CSV with quotes, line ends in cells, a byte order mark and each separator', () => {
  for (const separator of [',', ';', '\t']) {
    const rows = [
      '\ufeffAddress,password,Name,aliases,quota,messages,enabled,admin',
      'a@x.test,,"Smith, ""Bob""\r\nsecond line","b@x.test c@x.test",2G,10,yes,no',
      '',
      'd@x.test,{SSHA}abc,,,,,,',
    ];
    const text = rows.map((row) => row.replace(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/g, separator)).join('\r\n');
    const { users, problems } = parseUserList(text, 'csv');
    assert.deepEqual(problems, []);
    assert.deepEqual(plain(users), [
      {
        line: 2,
        address: 'a@x.test',
        aliases: ['b@x.test', 'c@x.test'],
        name: 'Smith, "Bob"\r\nsecond line',
        quotaBytes: 2 ** 31,
        quotaMessages: 10,
        enabled: true,
        admin: false,
      },
      { line: 5, address: 'd@x.test', aliases: [], stored: '{SSHA}abc' },
    ]);
  }
});

const csvProblems: readonly (readonly [string, readonly string[]])[] = [
  ['name\nx', ['1: the header line has no address']],
  [
    'address,colour\nx',
    [
      '1: unknown column colour; known are address, aliases, password, name, quotaBytes, quotaMessages, enabled, admin',
    ],
  ],
  [
    'address,name\na@x.test\nb@x.test,B,more',
    ['2: expected 2 columns, found 1', '3: expected 2 columns, found 3'],
  ],
  [
    'address,quota,enabled\na@x.test,big,perhaps',
    ['2: quotaBytes: expected a number; enabled: expected yes or no'],
  ],
  ['address,name\n,A', ['2: address: expected user@domain']],
];
for (const [text, expected] of csvProblems) {
  test(`user list: CSV problems of ${JSON.stringify(text)}`, () => {
    const { problems } = parseUserList(text, 'csv');
    assert.deepEqual(
      problems.map(({ line, problem }) => `${line}: ${problem}`),
      expected,
    );
  });
}

test('user list: a cell that never closes its quote ends with the text', () => {
  const { users } = parseUserList('address,name\na@x.test,"open', 'csv');
  assert.equal(users[0]?.name, 'open');
});

test('user list: JSON, as a list or in the form of users.json', () => {
  const user = { address: 'a@x.test', aliases: ['b@x.test'], password: '$6$x', quotaBytes: 5, admin: true };
  for (const value of [[user], { version: 1, users: [user] }]) {
    const { users, problems } = parseUserList(JSON.stringify(value), 'json');
    assert.deepEqual(problems, []);
    assert.deepEqual([users[0]?.stored, users[0]?.quotaBytes, users[0]?.admin], ['$6$x', 5, true]);
  }
  const bad = parseUserList('[{"address":"a@x.test","uid":1},7,{"address":"b@x.test","name":5}]', 'json');
  assert.deepEqual(
    bad.problems.map(({ line, problem }) => `${line}: ${problem}`),
    ['1: unknown field uid', '2: expected an object', '3: name: expected text'],
  );
});

test('user list: broken JSON names the line and shows nothing of the text', () => {
  const { problems } = parseUserList('[\n{"password":"$6$secret"\n,}]', 'json');
  assert.deepEqual(problems, [{ line: 3, problem: 'not JSON' }]);
  assert.equal(parseUserList('{"accounts":[]}', 'json').problems.length, 1);
});

test('user list: passwd lines, comments and colons', () => {
  const { users, problems } = parseUserList(
    '# c\n\nal:$6$s$h:1:2:Al B,room:/h:/s\nbob:x\nrubbish\n',
    'passwd',
  );
  assert.deepEqual(
    users.map(({ line, address, stored, name }) => [line, address, stored, name]),
    [
      [3, 'al', '$6$s$h', 'Al B'],
      [4, 'bob', 'x', undefined],
    ],
  );
  assert.deepEqual(problems, [{ line: 5, problem: 'expected user:password' }]);
});
