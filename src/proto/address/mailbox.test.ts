import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainToASCII } from 'node:url';
import { Fault } from '../../base/outcome.ts';
import { isIpv6, parseAddressLiteral } from './address-literal.ts';
import { isAsciiDomain, normalDomain, parseDomain } from './domain.ts';
import { formatMailbox, normalAddress, parseMailbox, utf8Length } from './mailbox.ts';
import { parseForwardPath, parseReversePath } from './path.ts';

const mailbox = (text: string) => parseMailbox(text, domainToASCII);
const isFault = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;

const accepted: readonly (readonly [string, string, string])[] = [
  // as written, local part unquoted, normal form
  ['alice@example.test', 'alice', 'alice@example.test'],
  ['Alice.B@EXAMPLE.Test', 'Alice.B', 'alice.b@example.test'],
  ['"a b"@c.example', 'a b', '"a b"@c.example'],
  ['"alice"@c.example', 'alice', 'alice@c.example'],
  ['"\\a\\"\\\\"@c.example', 'a"\\', '"a\\"\\\\"@c.example'],
  ['""@c.example', '', '""@c.example'],
  ['"a..b"@c.example', 'a..b', '"a..b"@c.example'],
  ["!#$%&'*+-/=?^_`{|}~@c.example", "!#$%&'*+-/=?^_`{|}~", "!#$%&'*+-/=?^_`{|}~@c.example"],
  ['a@localhost', 'a', 'a@localhost'],
  ['a@under_score.example', 'a', 'a@under_score.example'],
  ['a@_dmarc.example', 'a', 'a@_dmarc.example'],
  ['a@[192.0.2.1]', 'a', 'a@[192.0.2.1]'],
  ['a@[IPv6:2001:DB8::1]', 'a', 'a@[ipv6:2001:db8::1]'],
  ['почта@пример.example', 'почта', 'почта@xn--e1afmkfd.example'],
  ['Почта@ПРИМЕР.example', 'Почта', 'почта@xn--e1afmkfd.example'],
  ['"по чта"@пример.example', 'по чта', '"по чта"@xn--e1afmkfd.example'],
  ['a@faß.example', 'a', 'a@xn--fa-hia.example'],
  ['\u{1f4e7}@c.example', '\u{1f4e7}', '\u{1f4e7}@c.example'],
];

for (const [written, localpart, normal] of accepted) {
  test(`S17: ${JSON.stringify(written)} is an address`, () => {
    const parsed = mailbox(written);
    assert.equal(parsed.localpart, localpart);
    assert.equal(normalAddress(parsed), normal);
    const again = mailbox(formatMailbox(parsed));
    assert.deepEqual(again, parsed, 'formatMailbox gives the same address back');
    assert.equal(normalAddress(mailbox(normal)), normal, 'the normal form is a fixpoint');
  });
}

const refused = [
  ...['', '@', 'a', 'a@', '@c.example', 'a@@c.example', 'a@b@c.example', 'a b@c.example', ' a@c.example'],
  ...['a@c.example ', 'a@c..example', 'a@.c.example', 'a@c.example.', 'a@-c.example', 'a@c-.example'],
  ...[
    '.a@c.example',
    'a.@c.example',
    'a..b@c.example',
    '"a@c.example',
    '"a\u0001"@c.example',
    '"é\\é"@c.example',
  ],
  ...['a\u0000@c.example', 'a\u007f@c.example', 'a\u0085b@c.example', 'a@c\u0000.example', 'a(x)@c.example'],
  ...[
    'a@[192.0.2.256]',
    'a@[192.0.2]',
    'a@[192.0.2.1',
    'a@[]',
    'a@[IPv6:1::2::3]',
    'a@[IPv6:]',
    'a@[:x]',
    'a@[x:y]',
  ],
  ...['a@１.２', 'a@пример..example', 'a@при мер.example', `a@${'x'.repeat(64)}.example`, 'a@c.example\r\n'],
];

for (const written of refused) {
  test(`${JSON.stringify(written).slice(0, 60)} is no address`, () => {
    assert.throws(() => mailbox(written), isFault('address.syntax'));
  });
}

test('all 128 ASCII characters in a dot-string: exactly atext passes', () => {
  const atext = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]/;
  for (let code = 0; code < 128; code++) {
    const character = String.fromCharCode(code);
    const passes = atext.test(character) || character === '.';
    const written = `a${character}b@c.example`;
    if (passes) assert.equal(mailbox(written).localpart, `a${character}b`);
    else assert.throws(() => mailbox(written), Fault, JSON.stringify(character));
  }
});

test('local part: 255 octets pass, 256 do not, counted as UTF-8', () => {
  assert.equal(mailbox(`${'x'.repeat(255)}@c.example`).localpart.length, 255);
  assert.throws(() => mailbox(`${'x'.repeat(256)}@c.example`), isFault('address.too_long'));
  assert.equal(mailbox(`${'ж'.repeat(127)}@c.example`).localpart.length, 127);
  assert.throws(() => mailbox(`${'ж'.repeat(128)}@c.example`), isFault('address.too_long'));
});

test('domain: 253 octets and labels of 63 pass, one more does not', () => {
  const label = 'x'.repeat(63);
  const longest = `${label}.${label}.${label}.${'y'.repeat(61)}`;
  assert.equal(isAsciiDomain(longest), true);
  assert.equal(isAsciiDomain(`${longest}y`), false);
  assert.equal(isAsciiDomain(`${label}x.example`), false);
  assert.equal(normalDomain('ж'.repeat(300), domainToASCII), undefined);
  assert.equal(parseDomain('Пример.Example', domainToASCII), 'xn--e1afmkfd.example');
  assert.throws(() => parseDomain('a b', domainToASCII), isFault('address.syntax'));
});

test('utf8Length agrees with the encoder', () => {
  for (const text of ['', 'abc', 'é', 'ж', '漢', '\u{1f4e7}', 'aж漢\u{1f4e7}']) {
    assert.equal(utf8Length(text), Buffer.byteLength(text));
  }
});

test('IPv6: forms with :: and embedded IPv4', () => {
  const good = [
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '::ffff:192.0.2.1',
    '1:2:3:4:5:6:192.0.2.1',
  ];
  const bad = [
    '',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:1.2.3.4',
  ];
  for (const text of good) assert.equal(isIpv6(text), true, text);
  for (const text of bad) assert.equal(isIpv6(text), false, text);
  assert.equal(parseAddressLiteral('IPv6:::1')?.kind, 'ipv6');
  assert.equal(parseAddressLiteral('::1'), undefined);
});

const paths: readonly (readonly [string, string, number])[] = [
  ['<a@c.example>', 'a@c.example', 13],
  ['<a@c.example> SIZE=1', 'a@c.example', 13],
  ['<@x.example,@y.example:a@c.example>', 'a@c.example', 35],
  ['<"<>@ "@c.example>', '"<>@ "@c.example', 18],
  ['<PostMaster>', 'PostMaster', 12],
];
for (const [written, address, end] of paths) {
  test(`forward-path ${written}`, () => {
    const parsed = parseForwardPath(written, 0, domainToASCII);
    assert.equal(formatMailbox(parsed.value), address);
    assert.equal(parsed.end, end);
  });
}

test('S15: the null reverse-path is a value; <> is no forward-path', () => {
  assert.deepEqual(parseReversePath('<>', 0, domainToASCII), { value: null, end: 2 });
  assert.throws(() => parseForwardPath('<>', 0, domainToASCII), isFault('address.syntax'));
});

for (const written of [
  'a@c.example',
  '<a@c.example',
  '<@x:a',
  '<@x.example;a@c.example>',
  '<postmaster',
  '< a@c.example>',
]) {
  test(`path ${written} is refused`, () => {
    assert.throws(() => parseForwardPath(written, 0, domainToASCII), Fault);
    assert.throws(() => parseReversePath(written, 0, domainToASCII), Fault);
  });
}

test('path: a source route does not lift the length limit', () => {
  const route = Array.from({ length: 60 }, (_, i) => `@relay${i}.example`).join(',');
  assert.throws(
    () => parseForwardPath(`<${route}:a@c.example>`, 0, domainToASCII),
    isFault('address.too_long'),
  );
});
