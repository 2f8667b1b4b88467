import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainToASCII } from 'node:url';
import { Bug } from '../../base/outcome.ts';
import { parseMailbox } from '../address/mailbox.ts';
import { formatMessageDate } from './message-date.ts';
import { formatLines, formatReply } from './reply.ts';
import { formatReceived, formatReturnPath, type ReceptionFacts, withProtocol } from './trace-fields.ts';

const facts: ReceptionFacts = {
  helo: 'client.example',
  remoteAddress: '192.0.2.7',
  hostname: 'mx.example.test',
  protocol: 'ESMTPS',
  tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  id: '0abc',
  receivedMs: Date.UTC(2026, 10, 5, 9, 7, 3),
};

test('Received: folded lines with the client, protocol, id and recipient', () => {
  assert.equal(
    formatReceived(facts, 'alice@example.test'),
    'Received: from client.example ([192.0.2.7])\r\n' +
      '\tby mx.example.test with ESMTPS (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\r\n' +
      '\tid 0abc for <alice@example.test>;\r\n' +
      '\tThu, 5 Nov 2026 09:07:03 +0000\r\n',
  );
});

const names: readonly (readonly [string, string])[] = [
  ['mx.example', 'mx.example'],
  ['[192.0.2.9]', '[192.0.2.9]'],
  ['[IPv6:::1]', '[IPv6:::1]'],
  ['', '[IPv6:2001:db8::7]'],
  ['localhost) by evil (', '[IPv6:2001:db8::7]'],
  ['[evil]', '[IPv6:2001:db8::7]'],
  ['пример.example', '[IPv6:2001:db8::7]'],
];
for (const [helo, name] of names) {
  test(`Received: HELO ${JSON.stringify(helo)} becomes ${name}`, () => {
    const field = formatReceived(
      { ...facts, helo, remoteAddress: '2001:db8::7%eth0', tls: undefined },
      'a@b.example',
    );
    assert.equal(field.split('\r\n')[0], `Received: from ${name} ([IPv6:2001:db8::7])`);
  });
}

test('with: RFC 3848 and RFC 6531 names', () => {
  const plain = { extended: true, tls: false, authenticated: false, smtpUtf8: false };
  assert.equal(withProtocol({ ...plain, extended: false }), 'SMTP');
  assert.equal(withProtocol(plain), 'ESMTP');
  assert.equal(withProtocol({ ...plain, tls: true }), 'ESMTPS');
  assert.equal(withProtocol({ ...plain, authenticated: true }), 'ESMTPA');
  assert.equal(withProtocol({ ...plain, tls: true, authenticated: true }), 'ESMTPSA');
  assert.equal(withProtocol({ ...plain, tls: true, authenticated: true, smtpUtf8: true }), 'UTF8SMTPSA');
});

test('Return-Path: null, plain and quoted', () => {
  assert.equal(formatReturnPath(null), 'Return-Path: <>\r\n');
  assert.equal(
    formatReturnPath(parseMailbox('A@c.example', domainToASCII)),
    'Return-Path: <A@c.example>\r\n',
  );
  assert.equal(
    formatReturnPath(parseMailbox('"a b"@c.example', domainToASCII)),
    'Return-Path: <"a b"@c.example>\r\n',
  );
});

test('date: days of one digit, new year, leap day', () => {
  assert.equal(formatMessageDate(0), 'Thu, 1 Jan 1970 00:00:00 +0000');
  assert.equal(formatMessageDate(Date.UTC(2028, 1, 29, 23, 59, 59, 999)), 'Tue, 29 Feb 2028 23:59:59 +0000');
});

test('replies: what the peer sent can neither end the line nor add one', () => {
  assert.equal(formatReply({ status: 250, enhanced: '2.1.0', text: 'Ok' }), '250 2.1.0 Ok\r\n');
  assert.equal(formatReply({ status: 354, enhanced: '', text: 'Go on' }), '354 Go on\r\n');
  assert.equal(
    formatReply({ status: 501, enhanced: '5.5.4', text: 'a\r\n250 b\u0000é' }),
    '501 5.5.4 a?250 b?\r\n',
  );
  assert.equal(formatLines(250, ['mx.example', 'SIZE 1']), '250-mx.example\r\n250 SIZE 1\r\n');
  assert.throws(() => formatLines(250, []), Bug);
});
