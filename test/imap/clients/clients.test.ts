// Each file beside this one with the ending .txt is what one client says to a server; the answers are those it needs.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SettingOverrides } from '../../../src/imap/session-fixture.ts';
import { type ImapRig, openRig } from '../../fixture/imap-session.ts';
import { type Dialogue, fill, matches, parseDialogue, type Step, type Words } from './dialogue.ts';
import { Speaker } from './speaker.ts';

const scripts = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));

describe('clients', () => {
  for (const file of scripts) {
    const script = parseDialogue(readFileSync(join(import.meta.dirname, file), 'utf8'));
    test(`${file.slice(0, -4)}: ${script.name}`, () => run(script));
  }

  test('scripts: what does not match is found', async () => {
    const wrong = 'name: x\n\nC: a NOOP\nS: a NO …\n';
    await assert.rejects(run(parseDialogue(wrong)), /line 4: a NO …: a OK NOOP completed/);
    const forbidden = 'name: x\n\nC: a CAPABILITY\nN: * CAPABILITY …\nS: a OK …\n';
    await assert.rejects(run(parseDialogue(forbidden)), /line 4: came: \* CAPABILITY/);
    assert.throws(() => parseDialogue('name: x\n\nX: a NOOP\n'), /line 3/);
    const words: Words = new Map();
    assert.ok(!matches('* <<n>> FETCH (UID <<n>>)', '* 7 FETCH (UID 8)', words));
    assert.ok(matches('* <<n>> FETCH (UID <<n>>)', '* 7 FETCH (UID 7)', words));
    assert.ok(!matches('* <<n>> EXISTS', '* 8 EXISTS', words));
  });
});

async function run(script: Dialogue): Promise<void> {
  const rig = await openRig({ settings: script.settings as SettingOverrides });
  const run = new Run(rig);
  try {
    for (const step of script.steps) await run.step(step);
  } finally {
    run.close();
    await rig.close();
  }
}

class Run {
  readonly #rig: ImapRig;
  readonly #speakers: (Speaker | undefined)[] = [];
  readonly #words: Words = new Map();
  /** Patterns that must not come before the next tagged answer, by connection. */
  readonly #never: { line: number; pattern: string }[][] = [];

  constructor(rig: ImapRig) {
    this.#rig = rig;
  }

  async step(step: Step): Promise<void> {
    if (step.kind === 'wait') await sleep(step.milliseconds);
    else if (step.kind === 'deliver') await this.#deliver(step.count, step.sizeBytes);
    else if (step.kind === 'never') this.#neverOf(step.connection).push(step);
    else if (step.kind === 'expect') await this.#expect(step.connection, step.line, step.pattern);
    else {
      const speaker = await this.#speaker(step.connection);
      await speaker.send(fill(step.text, this.#words));
    }
  }

  #neverOf(connection: number): { line: number; pattern: string }[] {
    this.#never[connection] ??= [];
    return this.#never[connection];
  }

  async #speaker(connection: number): Promise<Speaker> {
    this.#speakers[connection] ??= await Speaker.open(this.#rig);
    return this.#speakers[connection];
  }

  /** Reads until the pattern is met; a tagged answer that is not it ends the search. */
  async #expect(connection: number, line: number, pattern: string): Promise<void> {
    const speaker = await this.#speaker(connection);
    for (;;) {
      const answer = await speaker.answer();
      for (const never of this.#neverOf(connection)) {
        const came = matches(never.pattern, answer, new Map(this.#words));
        assert.ok(!came, `line ${never.line}: came: ${answer}`);
      }
      const isTagged = !/^[*+] /.test(answer);
      if (isTagged) this.#neverOf(connection).length = 0;
      if (matches(pattern, answer, this.#words)) return;
      assert.ok(!isTagged, `line ${line}: ${pattern}: ${answer}`);
    }
  }

  async #deliver(count: number, sizeBytes: number): Promise<void> {
    for (let i = 1; i <= count; i++) {
      const head = `From: =?utf-8?B?0JjQstCw0L0=?= <ivan@example.test>\r\nTo: alice@example.test\r\nSubject: mail ${i}\r\nMessage-ID: <${i}@example.test>\r\nDate: Wed, 25 Nov 2026 10:00:0${i % 10} +0300\r\n\r\n`;
      const fillBytes = Math.max(8, sizeBytes - head.length - 2);
      await this.#rig.deliver(Buffer.from(`${head}${'x'.repeat(fillBytes)}\r\n`));
    }
  }

  close(): void {
    for (const speaker of this.#speakers) speaker?.close();
  }
}
