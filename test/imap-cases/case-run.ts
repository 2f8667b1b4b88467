// Runs one scripted case against a server: brings the mailbox into the case's start state, sends its commands, compares.
//
// The mailbox `imaptest` and everything below it belong to the case and are removed before it. Answers that no line of the
// case mentions are ignored unless its header says otherwise.

import { setTimeout as sleep } from 'node:timers/promises';
import type { CaseCommand, CaseGroup, ImapCase } from './case-file.ts';
import { type Answer, ImapPeer } from './imap-peer.ts';
import { matchAnswer } from './match.ts';
import type { MboxMessage } from './mbox.ts';
import { parseResponse, type Value } from './response-value.ts';

export interface CaseUser {
  readonly user: string;
  readonly password: string;
}

export interface CaseServer extends CaseUser {
  /** Implicit TLS port on loopback. */
  readonly port: number;
  /** Who the connections of `user N: $user2` are. */
  readonly second: CaseUser;
}

const mailbox = 'imaptest';

/** Runs the case; rejects with what was expected and what came. */
export async function runCase(
  server: CaseServer,
  script: ImapCase,
  messages: readonly MboxMessage[],
): Promise<void> {
  const run = new CaseRun(server, script, messages);
  try {
    await run.prepare();
    for (const group of script.groups) await run.group(group);
  } finally {
    run.close();
  }
}

class CaseRun {
  readonly #server: CaseServer;
  readonly #script: ImapCase;
  readonly #messages: readonly MboxMessage[];
  readonly #peers: ImapPeer[] = [];
  /** Messages each connection's client counts. */
  readonly #counts: number[] = [];
  readonly #greetings: Answer[] = [];
  #variables: ReadonlyMap<string, string>;
  #nextMessage = 0;
  #nextTag = 1;

  constructor(server: CaseServer, script: ImapCase, messages: readonly MboxMessage[]) {
    this.#server = server;
    this.#script = script;
    this.#messages = messages;
    this.#variables = new Map([
      ['mailbox', mailbox],
      // The name needs no escapes in a URL (RFC 5092 7).
      ['mailbox_url', mailbox],
      ...userVariables(server, ''),
      ...userVariables(server.second, '2'),
    ]);
  }

  async prepare(): Promise<void> {
    const { state, connections } = this.#script;
    for (let i = 0; i < connections; i++) {
      const peer = await ImapPeer.open(this.#server.port);
      this.#peers.push(peer);
      this.#counts.push(0);
      this.#greetings.push(await peer.read());
      const { user, password } = this.#script.second.has(i) ? this.#server.second : this.#server;
      if (state !== 'nonauth') await this.#ok(i, `LOGIN "${user}" "${password}"`);
    }
    if (state === 'nonauth') return;
    await this.#removeMailboxes();
    if (state === 'auth') return;
    await this.#ok(0, `CREATE ${mailbox}`);
    if (state === 'created') return;
    const count = this.#script.messages ?? this.#messages.length;
    for (let i = 0; i < count; i++) await this.#ok(0, this.#appendCommand(mailbox));
    if (state === 'appended') return;
    for (let i = 0; i < connections; i++) {
      // The second user has a mailbox of the same name; it may be there from an earlier case.
      if (this.#script.second.has(i)) await this.#exchange(i, `CREATE ${mailbox}`, () => {});
      await this.#ok(i, `SELECT ${mailbox}`);
    }
  }

  async #removeMailboxes(): Promise<void> {
    for (const [list, remove] of [
      ['LIST', 'DELETE'],
      ['LSUB', 'UNSUBSCRIBE'],
    ] as const) {
      const answers = await this.#ok(0, `${list} "" ${mailbox}*`);
      const names = answers.map((answer) => /^(?:LIST|LSUB) \((.*)\) "\/" (".*")$/.exec(answer.text));
      // Inferiors first; names without a mailbox of their own go with their last inferior.
      for (const match of names.reverse()) {
        if (match !== null && !/\\Noselect/i.test(match[1]!)) await this.#ok(0, `${remove} ${match[2]!}`);
      }
    }
  }

  /** A command of the preparation: must succeed. Returns the untagged answers. */
  async #ok(connection: number, text: string): Promise<Answer[]> {
    const heard: Answer[] = [];
    const answer = await this.#exchange(connection, text, (one) => heard.push(one));
    if (!/^OK/i.test(answer.text)) throw new Error(`preparing: ${text.split('\r\n')[0]}: ${answer.text}`);
    return heard;
  }

  async #exchange(connection: number, text: string, hear: (answer: Answer) => void): Promise<Answer> {
    const peer = this.#peers[connection]!;
    const tag = `p${this.#nextTag++}`;
    const counted = (answer: Answer): void => {
      this.#count(connection, answer);
      hear(answer);
    };
    let answer = await peer.send(tag, text, counted);
    while (answer === undefined) {
      const next = await peer.read();
      if (next.tag === tag) answer = next;
      else counted(next);
    }
    return answer;
  }

  /** `APPEND arguments` with the next message of the mbox, which starts over at its end. */
  #appendCommand(args: string): string {
    const message = this.#messages[this.#nextMessage++ % this.#messages.length]!;
    return `APPEND ${args} "${message.internalDate}" {${message.octets.length}}\r\n${message.octets}`;
  }

  #count(connection: number, answer: Answer): void {
    const match = /^(\d+) (EXISTS|EXPUNGE)$/i.exec(answer.text);
    if (match === null) return;
    if (match[2]!.toUpperCase() === 'EXISTS') this.#counts[connection] = Number(match[1]);
    else this.#counts[connection]! -= 1;
  }

  async group(group: CaseGroup): Promise<void> {
    const peer = this.#peers[group.connection]!;
    const sequence = Array.from({ length: this.#counts[group.connection]! }, (_, i) => i + 1);
    const seen = new UntaggedCheck(group, this.#script);
    if (group.commands.length === 0) {
      this.#variables = seen.hear(this.#greetings[group.connection]!, this.#variables, sequence, '');
    }
    const waiting = new Map<string, CaseCommand>();
    const hear = (answer: Answer): void => {
      this.#count(group.connection, answer);
      this.#variables = seen.hear(answer, this.#variables, sequence, [...waiting.keys()][0] ?? '');
      // After the comparison: `$3 expunge` is the number that the message still had.
      moveSequence(sequence, answer);
    };
    const settle = (answer: Answer): void => {
      const command = waiting.get(answer.tag);
      if (command === undefined) throw this.#failure(group, `unexpected answer ${answer.tag} ${answer.text}`);
      waiting.delete(answer.tag);
      this.#checkReply(group, command, answer, sequence);
    };
    for (const command of group.commands) {
      const tag = `t${this.#nextTag++}`;
      waiting.set(tag, command);
      const refused = await peer.send(tag, this.#commandText(command), hear);
      if (refused !== undefined) settle(refused);
    }
    while (waiting.size > 0) {
      const answer = await peer.read();
      if (answer.tag === '*') hear(answer);
      else settle(answer);
    }
    const missing = seen.missing;
    if (missing.length > 0) {
      throw this.#failure(group, `missing ${missing.join(' | ')}; came: ${seen.received.join(' | ')}`);
    }
    await sleep(group.sleepMs);
  }

  #commandText(command: CaseCommand): string {
    const text = command.text.replace(
      /\$\$|\$\{([^}]*)\}|\$(\w+)/g,
      (piece, braced?: string, bare?: string) => {
        if (piece === '$$') return '$';
        const value = this.#variables.get(braced ?? bare ?? '');
        if (value === undefined) throw new Error(`line ${command.line}: variable ${piece} has no value`);
        return value;
      },
    );
    if (/^append$/i.test(text)) return this.#appendCommand(mailbox);
    // Commands that bring no message of their own get the next one.
    const bare = /^(append|replace|uid replace) ([^{]*)$/i.exec(text);
    if (bare === null) return text;
    return this.#appendCommand(bare[2]!)
      .replace(/^APPEND/, bare[1]!)
      .replace(/ "[^"]*" \{/, ' {');
  }

  #checkReply(group: CaseGroup, command: CaseCommand, answer: Answer, sequence: readonly number[]): void {
    const words = command.reply ?? [];
    // An empty status stands for any answer.
    if (words[0] === '') return;
    const expected = words.map((word): Value => ({ kind: 'atom', text: word }));
    const matched = matchAnswer(expected, parseResponse(answer.text), {
      variables: this.#variables,
      sequence,
    });
    if (matched === undefined) {
      throw this.#failure(group, `line ${command.line}: expected ${words.join(' ')}, got ${answer.text}`);
    }
    this.#variables = matched;
  }

  #failure(group: CaseGroup, text: string): Error {
    const [command] = group.commands;
    if (command === undefined) return new Error(`greeting: ${text}`);
    return new Error(`line ${command.line}: ${command.text.split('\r\n')[0]}: ${text}`);
  }

  close(): void {
    for (const peer of this.#peers) peer.close();
  }
}

/** `$user`, `$username`, `$domain` and `$password`, or `$user2` and so on. */
function userVariables({ user, password }: CaseUser, suffix: string): [string, string][] {
  const [username = '', domain = ''] = user.split('@');
  return [
    [`user${suffix}`, user],
    [`username${suffix}`, username],
    [`domain${suffix}`, domain],
    [`password${suffix}`, password],
  ];
}

/** Renumbers what was message i+1 at the beginning when others are expunged. */
function moveSequence(sequence: number[], answer: Answer): void {
  const match = /^(\d+) EXPUNGE$/i.exec(answer.text);
  if (match === null) return;
  const gone = Number(match[1]);
  for (let i = 0; i < sequence.length; i++) {
    if (sequence[i] === gone) sequence[i] = 0;
    else if (sequence[i]! > gone) sequence[i]! -= 1;
  }
}

/** Which of a group's untagged lines came. */
class UntaggedCheck {
  readonly received: string[] = [];
  readonly #group: CaseGroup;
  readonly #strict: boolean;
  readonly #found: boolean[];

  constructor(group: CaseGroup, script: ImapCase) {
    this.#group = group;
    this.#strict = !script.ignoreExtraUntagged;
    this.#found = group.untagged.map(() => false);
  }

  /** Takes one answer in; returns the variables after it. Throws for what must not come. */
  hear(
    answer: Answer,
    variables: ReadonlyMap<string, string>,
    sequence: readonly number[],
    tag: string,
  ): ReadonlyMap<string, string> {
    this.received.push(answer.text);
    const values = parseResponse(answer.text);
    let known = variables;
    let isExpected = false;
    for (const [index, expected] of this.#group.untagged.entries()) {
      if (this.#found[index]) continue;
      const withTag = new Map(known).set('tag', tag);
      const matched = matchAnswer(expected.values, values, { variables: withTag, sequence });
      if (matched === undefined) continue;
      if (expected.existence === 'must-not') throw new Error(`${expected.text}: came: ${answer.text}`);
      this.#found[index] = true;
      isExpected = true;
      const after = new Map(matched);
      after.delete('tag');
      known = after;
    }
    if (this.#strict && !isExpected) throw new Error(`not in the script: ${answer.text}`);
    return known;
  }

  get missing(): string[] {
    return this.#group.untagged
      .filter((expected, index) => expected.existence === 'must' && !this.#found[index])
      .map((expected) => expected.text);
  }
}
