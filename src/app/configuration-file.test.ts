import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Permanent } from '../base/outcome.ts';
import { newConfigurationText, parseConfiguration } from './configuration-file.ts';

test('tegu.conf: defaults hang together below the data directory', () => {
  const configuration = parseConfiguration('/etc/tegu/tegu.conf', 'data = "/srv/tegu"\nnode = "mail1"\n');
  assert.equal(configuration.dataDirectory, '/srv/tegu');
  assert.equal(configuration.configurationStore, 'sqlite:/srv/tegu/configuration.db');
  assert.equal(configuration.dataStore, 'maildir:/srv/tegu/mail');
  assert.equal(configuration.nodeName, 'mail1');
});

test('tegu.conf: relative paths are relative to the file', () => {
  const text = 'data = "data"\ndata_store = "maildir:elsewhere"\n';
  const configuration = parseConfiguration('/home/u/tegu.conf', text);
  assert.equal(configuration.dataDirectory, '/home/u/data');
  assert.equal(configuration.dataStore, 'maildir:/home/u/elsewhere');
});

test('tegu.conf: the text of a new file is valid', () => {
  assert.equal(parseConfiguration('/x/tegu.conf', newConfigurationText('/a "b"')).dataDirectory, '/a "b"');
});

const refused: readonly [string, RegExp][] = [
  ['data = "/d"\nnode = 7\n', /^\/x\/tegu\.conf:2: node: expected a name of .*, got 7$/],
  ['\n\ndata = ""\n', /^\/x\/tegu\.conf:3: data: expected a non-empty string, got ""$/],
  ['data_store = "postgres://h/db"\n', /:1: data_store: expected an address "maildir:PATH", got "postgres:/],
  ['dat = "/d"\n', /:1: dat: unknown key; known are data, node,/],
  ['[smtp]\nport = 25\n', /:1: smtp: unknown key/],
  ['data = "/d"\nnode = \n', /^\/x\/tegu\.conf:2: .*expected TOML/],
  ['data = [1]\n', /got a table or list$/],
];
for (const [text, expected] of refused) {
  test(`tegu.conf: refuses ${JSON.stringify(text)} with file, line, key and expectation`, () => {
    assert.throws(
      () => parseConfiguration('/x/tegu.conf', text),
      (error: Permanent) =>
        error instanceof Permanent && error.code === 'config.invalid' && expected.test(error.message),
    );
  });
}

test('tegu.conf: a password never stands in an error', () => {
  assert.throws(
    () => parseConfiguration('/x/tegu.conf', 'first_admin_password = 123456\n'),
    (error: Permanent) => !error.message.includes('123456'),
  );
});
