import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainToASCII } from 'node:url';
import { Fault } from '../../base/outcome.ts';
import { formatMailbox } from '../address/mailbox.ts';
import { parseChunkCommand, parseMailCommand, parseRecipientCommand, splitCommand } from './command.ts';
import { decodeXtext, encodeXtext } from './xtext.ts';

const mail = (argument: string) => parseMailCommand(argument, domainToASCII);
const rcpt = (argument: string, smtpUtf8 = false) => parseRecipientCommand(argument, smtpUtf8, domainToASCII);
const isFault = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;

test('a command line: verb in any case, trailing blanks forgiven, junk refused', () => {
  assert.deepEqual(splitCommand('NOOP'), { verb: 'NOOP', argument: '' });
  assert.deepEqual(splitCommand('quit  \t'), { verb: 'QUIT', argument: '' });
  assert.deepEqual(splitCommand('ehlo mx.example \t '), { verb: 'EHLO', argument: 'mx.example' });
  assert.deepEqual(splitCommand('HELP  two'), { verb: 'HELP', argument: ' two' });
  for (const line of ['', ' NOOP', '\u0016\u0003\u0001', '250 ok', 'MAÍL x', 'a:b']) {
    assert.throws(() => splitCommand(line), isFault('smtp.syntax'), JSON.stringify(line));
  }
});

test('MAIL: every parameter at once, keywords and enumerations without case (S13)', () => {
  const command = mail(
    'from:<A@c.example> size=1000 body=8bitmime smtputf8 ret=Hdrs envid=X:+20[1] auth=e+3Dmc2@c.example',
  );
  assert.equal(command.reversePath === null ? '' : formatMailbox(command.reversePath), 'A@c.example');
  assert.deepEqual(command.parameters, {
    sizeBytes: 1000,
    body: '8bitmime',
    smtpUtf8: true,
    ret: 'hdrs',
    envid: 'X: [1]',
    auth: 'e=mc2@c.example',
  });
  assert.equal(command.forgiven, false);
});

test('S13: BODY=7bit is understood', () => {
  assert.equal(mail('FROM:<a@b.example> BODY=7bit').parameters.body, '7bit');
  assert.equal(mail('FROM:<a@b.example> BODY=BinaryMime').parameters.body, 'binarymime');
});

test('S15: the null sender, with and without parameters', () => {
  assert.equal(mail('FROM:<>').reversePath, null);
  assert.equal(mail('FROM:<> SIZE=10 AUTH=<>').parameters.auth, '');
});

test('S17: a space before the path is forgiven, quoted local parts with spaces are not split', () => {
  assert.equal(mail('FROM: <a@c.example>').forgiven, true);
  assert.equal(mail('FROM:<"a b"@c.example> SIZE=3').parameters.sizeBytes, 3);
  assert.equal(rcpt('TO:<"SIZE=1 >"@c.example>').forwardPath.localpart, 'SIZE=1 >');
});

const badMail: readonly (readonly [string, string])[] = [
  ['', 'smtp.bad_argument'],
  ['<a@c.example>', 'smtp.bad_argument'],
  ['TO:<a@c.example>', 'smtp.bad_argument'],
  ['FROM:', 'address.syntax'],
  ['FROM:a@c.example', 'address.syntax'],
  ['FROM:<a@c.example', 'address.syntax'],
  ['FROM:<a@c.example>SIZE=1', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> SIZE', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> SIZE=', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> SIZE=-1', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> SIZE=1e3', 'smtp.bad_parameter'],
  [`FROM:<a@c.example> SIZE=${'1'.repeat(21)}`, 'smtp.bad_parameter'],
  ['FROM:<a@c.example> SIZE=1 SIZE=1', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> BODY=9BIT', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> SMTPUTF8=yes', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> RET=ALL', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> ENVID=+2', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> ENVID=+0D+0A', 'smtp.bad_parameter'],
  [`FROM:<a@c.example> ENVID=${'x'.repeat(101)}`, 'smtp.bad_parameter'],
  ['FROM:<a@c.example> AUTH=nobody', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> =x', 'smtp.bad_parameter'],
  ['FROM:<a@c.example> NOTIFY=NEVER', 'smtp.unknown_parameter'],
  ['FROM:<a@c.example> XTEXT', 'smtp.unknown_parameter'],
  ['FROM:<почта@пример.example>', 'smtp.utf8_not_announced'],
  ['FROM:<a@пример.example> BODY=8BITMIME', 'smtp.utf8_not_announced'],
];
for (const [argument, code] of badMail) {
  test(`MAIL ${argument.slice(0, 60)} is refused with ${code}`, () => {
    assert.throws(() => mail(argument), isFault(code));
  });
}

test('MAIL: the bounds of SIZE and ENVID are inclusive', () => {
  assert.equal(mail(`FROM:<> SIZE=${'9'.repeat(20)}`).parameters.sizeBytes, Number.MAX_SAFE_INTEGER);
  assert.equal(mail(`FROM:<> ENVID=${'x'.repeat(100)}`).parameters.envid?.length, 100);
});

test('RCPT: NOTIFY and ORCPT', () => {
  const command = rcpt('TO:<a@c.example> NOTIFY=success,Failure ORCPT=RFC822;b+2Bc@d.example');
  assert.deepEqual(command.parameters, {
    notify: ['success', 'failure'],
    orcpt: { type: 'rfc822', address: 'b+c@d.example' },
  });
  assert.deepEqual(rcpt('TO:<a@c.example> NOTIFY=NEVER').parameters.notify, ['never']);
  assert.deepEqual(rcpt('TO:<п@c.example> ORCPT=utf-8;п@d.example', true).parameters.orcpt, {
    type: 'utf-8',
    address: 'п@d.example',
  });
  assert.equal(rcpt('TO:<Postmaster>').forwardPath.domainText, '');
});

const badRcpt: readonly (readonly [string, string])[] = [
  ['TO:<>', 'address.syntax'],
  ['TO:<a@c.example> NOTIFY=NEVER,DELAY', 'smtp.bad_parameter'],
  ['TO:<a@c.example> NOTIFY=', 'smtp.bad_parameter'],
  ['TO:<a@c.example> NOTIFY=SOMETIMES', 'smtp.bad_parameter'],
  ['TO:<a@c.example> ORCPT=a@c.example', 'smtp.bad_parameter'],
  ['TO:<a@c.example> ORCPT=rfc822;', 'smtp.bad_parameter'],
  ['TO:<a@c.example> ORCPT=utf-8;п@d.example', 'smtp.bad_parameter'],
  [`TO:<a@c.example> ORCPT=rfc822;${'x'.repeat(494)}`, 'smtp.bad_parameter'],
  ['TO:<a@c.example> SIZE=1', 'smtp.unknown_parameter'],
  // S14: SMTPUTF8 belongs to MAIL only.
  ['TO:<a@c.example> SMTPUTF8', 'smtp.unknown_parameter'],
  ['TO:<п@c.example>', 'smtp.utf8_not_announced'],
];
for (const [argument, code] of badRcpt) {
  test(`RCPT ${argument.slice(0, 60)} is refused with ${code}`, () => {
    assert.throws(() => rcpt(argument), isFault(code));
  });
}

test('BDAT: size, LAST, and a bad tail whose octets still count (S06)', () => {
  assert.deepEqual(parseChunkCommand('5'), { sizeBytes: 5, last: false, wellFormed: true });
  assert.deepEqual(parseChunkCommand('0 last'), { sizeBytes: 0, last: true, wellFormed: true });
  assert.deepEqual(parseChunkCommand('5 X'), { sizeBytes: 5, last: false, wellFormed: false });
  assert.deepEqual(parseChunkCommand('5 LAST X'), { sizeBytes: 5, last: false, wellFormed: false });
  for (const argument of ['', 'LAST', '-5', '5LAST', '+5', '0x5', '1'.repeat(16)]) {
    assert.equal(parseChunkCommand(argument), undefined, argument);
  }
});

test('xtext: all 256 octets survive, and only canonical text decodes', () => {
  const all = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join('');
  const encoded = encodeXtext(all);
  assert.match(encoded, /^[!-~]+$/);
  assert.equal(decodeXtext(encoded), all);
  for (const text of ['+', '+2', '+2g', '+2b', 'a=b', 'a b', 'é'])
    assert.equal(decodeXtext(text), undefined, text);
});
