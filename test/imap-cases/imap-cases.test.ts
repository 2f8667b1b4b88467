// Scripted IMAP cases of imaptest against a real server of ours. Cases that name a capability we do not announce are listed;
// the list is compared, so that a new capability brings its cases with it.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer, type TestServer } from '../fixture/server.ts';
import { parseCase } from './case-file.ts';
import { type CaseServer, runCase } from './case-run.ts';
import { ImapPeer } from './imap-peer.ts';
import { daysInUtc } from './internal-date-days.ts';
import { parseMbox } from './mbox.ts';

const folder = join(import.meta.dirname, '../../../shared/imap-cases');

/** Capabilities that cases ask for and that this version does not have. */
const notYet: readonly string[] = [];

const names = existsSync(folder)
  ? readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(mbox|txt)$/.test(entry.name))
      .map((entry) => entry.name)
      .sort()
  : [];
const read = (name: string): string => readFileSync(join(folder, name), 'latin1');
const cases = names.map((name) => parseCase(name, read(name)));
const mboxOf = (name: string): string =>
  existsSync(join(folder, `${name}.mbox`)) ? `${name}.mbox` : 'default.mbox';

if (names.length === 0) test('not run: ../shared/imap-cases is absent', (t) => t.skip());
else {
  describe('imap cases', () => {
    let server: TestServer;
    let target: CaseServer;

    before(async () => {
      server = await startServer();
      const user = 'alice@example.test';
      const bob = 'bob@example.test';
      const second = { user: bob, password: server.password(bob) };
      target = { port: server.ports.imaps, user, password: server.password(user), second };
    });
    after(() => server.stop());

    for (const script of cases) {
      const missing = script.capabilities.filter((capability) => notYet.includes(capability.toUpperCase()));
      if (missing.length > 0) test(`${script.name}: needs ${missing.join(' ')}`, (t) => t.skip());
      else test(script.name, () => runCase(target, script, parseMbox(read(mboxOf(script.name)))));
    }

    // Expects the days of a server in Helsinki, whose clock changes between its messages. Ours judges in UTC (docs/imap.md).
    test('broken/search-intdate, with its days counted in UTC', async () => {
      const messages = parseMbox(read('broken/search-intdate.mbox'));
      const script = daysInUtc(parseCase('search-intdate', read('broken/search-intdate')), messages);
      await runCase(target, script, messages);
    });

    test('every capability that a case needs is announced, or listed as not yet there', async () => {
      const peer = await ImapPeer.open(target.port);
      await peer.read();
      await peer.send('a', `LOGIN "${target.user}" "${target.password}"`, () => {});
      let answer = await peer.read();
      while (answer.tag !== 'a') answer = await peer.read();
      peer.close();
      const announced = new Set(/\[CAPABILITY ([^\]]*)\]/.exec(answer.text)?.[1]?.toUpperCase().split(' '));
      const wanted = new Set(
        cases.flatMap((script) => script.capabilities.map((name) => name.toUpperCase())),
      );
      assert.deepEqual([...wanted].filter((name) => !announced.has(name)).sort(), [...notYet].sort());
    });
  });
}
