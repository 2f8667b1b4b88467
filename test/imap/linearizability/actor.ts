// One client of the linearizability test: does random things in random mailboxes, tells the ledger, keeps its pictures.
//
// It loses its connection at random and comes back with what it remembers (SELECT with QRESYNC where it is on). Every step is
// one command, IDLE included; each leaves the picture checked against the ledger as far as the protocol promises.

import assert from 'node:assert/strict';
import type { SeededRandom } from '../../crash/random.ts';
import { type Answer, ImapClient, parseValues, type Untagged } from '../../fixture/imap-client.ts';
import type { BoxLedger, Entry, Ledger } from './ledger.ts';
import { Replica, type ReplicaRules, type Shown, setUids } from './replica.ts';

export interface ActorOptions {
  readonly index: number;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly rules: ReplicaRules;
  readonly boxes: readonly string[];
  readonly ledger: Ledger;
  readonly random: SeededRandom;
}

/** Mailboxes are kept about this large. */
const wantedMessages = 40;

export class Actor {
  readonly options: ActorOptions;
  readonly done = new Map<string, number>();
  readonly #pictures = new Map<string, Replica>();
  #client: ImapClient | undefined;
  #box: BoxLedger | undefined;
  #tokens = 0;

  constructor(options: ActorOptions) {
    this.options = options;
  }

  get picture(): Replica {
    return this.#pictures.get(this.box.name)!;
  }
  get box(): BoxLedger {
    assert.ok(this.#box !== undefined);
    return this.#box;
  }

  hasSelected(name: string): boolean {
    return this.#box?.name === name;
  }

  async connect(): Promise<void> {
    const { port, user, password, rules } = this.options;
    this.#client = await ImapClient.connect(port);
    await this.#client.ok(`LOGIN ${user} "${password}"`);
    if (rules.qresync) await this.#client.ok('ENABLE QRESYNC');
    else if (rules.condstore) await this.#client.ok('ENABLE CONDSTORE');
    this.#box = undefined;
  }

  close(): void {
    this.#client?.close();
  }

  /** One random command. */
  async step(): Promise<void> {
    const { random } = this.options;
    if (this.#box === undefined) return this.select(random.pick(this.options.boxes));
    const isFull = this.picture.messages.length > wantedMessages;
    const [name, action] = this.#choose(random.below(100), isFull);
    this.done.set(name, (this.done.get(name) ?? 0) + 1);
    await action();
  }

  #choose(roll: number, isFull: boolean): readonly [string, () => Promise<void>] {
    if (this.picture.unknown > 0 && roll % 3 === 0) return ['learn', () => this.learn()];
    if (roll < 14 && !isFull) return ['append', () => this.#append()];
    if (roll < 34) return ['store', () => this.#store()];
    if (roll < 38) return ['store by number', () => this.#storeByNumber()];
    if (roll < 44) return ['delete', () => this.#delete()];
    if (roll < 47 || (roll < 53 && isFull)) return ['expunge', () => this.#expunge()];
    if (roll < 54) return ['copy', () => this.#copy('COPY')];
    if (roll < 64) return ['move', () => this.#copy('MOVE')];
    if (roll < 71) return ['idle', () => this.#idle()];
    if (roll < 81) return ['noop', () => this.noop()];
    if (roll < 90) return ['fetch', () => this.#fetch()];
    if (roll < 93) return ['status', () => this.#status()];
    if (roll < 98) return ['select', () => this.select(this.options.random.pick(this.options.boxes))];
    return ['reconnect', () => this.#reconnect()];
  }

  // -- selecting

  /** SELECT, with QRESYNC from the picture when there is one. */
  async select(name: string): Promise<void> {
    const { ledger, rules, random } = this.options;
    const old = this.#pictures.get(name);
    const isResumed = rules.qresync && old !== undefined && old.highestModSeq > 0;
    const picture = isResumed ? old : new Replica(rules);
    picture.keep();
    const isPartial = isResumed && picture.messages.length > 0 && random.below(2) === 0;
    const known = isPartial ? picture.uids : undefined;
    const start = ledger.now();
    const box = ledger.box(name);
    const answer = await this.#command(`SELECT ${name}${isResumed ? qresync(picture, known) : ''}`);
    const closed = answer.untagged.findIndex(({ raw }) => raw.startsWith('* OK [CLOSED]'));
    if (this.#box !== undefined) {
      assert.ok(closed >= 0, 'SELECT in the selected state without [CLOSED]');
      this.picture.takeAll(answer.untagged.slice(0, closed), false);
    }
    this.#box = box;
    this.#pictures.set(name, picture);
    const own = answer.untagged.slice(closed + 1);
    const validity = picture.uidValidity;
    this.#show(isResumed ? picture.resume(own, known) : picture.takeAll(own, false), start);
    assert.ok(!isResumed || picture.uidValidity === validity, 'UIDVALIDITY changed');
    box.uidValidity ??= picture.uidValidity;
    assert.equal(picture.uidValidity, box.uidValidity);
    const at = ledger.now();
    if (rules.condstore) box.highestModSeq(picture.highestModSeq, start);
    assert.ok(picture.uidNext >= box.uidFloor(start), `UIDNEXT ${picture.uidNext} of ${name}`);
    box.uidNext(picture.uidNext, at);
    box.counted(picture.uids, picture.unknown, start);
  }

  async #reconnect(): Promise<void> {
    if (this.options.random.below(2) === 0) await this.#command('LOGOUT');
    this.close();
    await this.connect();
  }

  // -- commands of the selected state

  async noop(): Promise<void> {
    const start = this.options.ledger.now();
    await this.#run('NOOP', start, false);
    this.box.counted(this.picture.uids, this.picture.unknown, start);
  }

  /** Asks for the UIDs and flags of new messages. */
  async learn(): Promise<void> {
    await this.#run(`UID FETCH ${this.picture.nextUnknownUid}:* (UID FLAGS${this.#modSeq})`);
  }

  get #modSeq(): string {
    return this.options.rules.condstore ? ' MODSEQ' : '';
  }

  async #append(): Promise<void> {
    const { ledger, index, random, boxes } = this.options;
    const box = ledger.box(random.below(3) === 0 ? random.pick(boxes) : this.box.name);
    const token = `${index}.${++this.#tokens}`;
    const text = `X-Token: ${token}\r\nSubject: ${token}\r\n\r\n${'x'.repeat(random.below(200))}\r\n`;
    const start = ledger.now();
    const answer = await this.#run(`APPEND ${box.name} {${text.length}+}\r\n${text}`, start);
    const [, validity, uid] = /^\[APPENDUID (\d+) (\d+)\] /.exec(answer.text) ?? [];
    assert.equal(validity, box.uidValidity ?? validity, answer.text);
    box.born(Number(uid), start, ledger.now());
    box.content(Number(uid), token);
  }

  async #store(): Promise<void> {
    const { random, rules } = this.options;
    const uids = this.#some(3);
    if (uids.length === 0) return this.#append();
    const value = random.below(2) === 0;
    const low = this.picture.messages.find((message) => message?.uid === uids[0])?.modSeq;
    const isConditional = rules.condstore && low !== undefined && random.below(5) === 0;
    const condition = isConditional ? ` (UNCHANGEDSINCE ${low})` : '';
    const silent = random.below(3) === 0 ? '.SILENT' : '';
    await this.#mark(uids, value, `UID STORE ${uids}${condition} ${value ? '+' : '-'}FLAGS${silent}`, false);
  }

  async #storeByNumber(): Promise<void> {
    const { messages } = this.picture;
    const at = this.options.random.below(Math.max(1, messages.length));
    const uid = messages[at]?.uid;
    if (uid === undefined) return this.learn();
    const value = this.options.random.below(2) === 0;
    await this.#mark([uid], value, `STORE ${at + 1} ${value ? '+' : '-'}FLAGS`, true);
  }

  /** Sets or takes away the own keyword, which nobody else does. */
  async #mark(uids: readonly number[], value: boolean, command: string, byNumber: boolean): Promise<void> {
    const { ledger, index } = this.options;
    const marks = uids.map((uid) => this.box.entry(uid).marks[index]!);
    const before = marks.map((mark) => mark.value);
    for (const mark of marks) mark.changes++;
    const start = ledger.now();
    const floor = this.box.modSeqFloor(start);
    const answer = await this.#run(`${command} ($s${index})`, start, byNumber, byNumber);
    const at = ledger.now();
    const [, modified] = /^\[MODIFIED ([\d:,]+)\]/.exec(answer.text) ?? [];
    const unchanged = new Set(modified === undefined ? [] : setUids(modified));
    for (const [i, mark] of marks.entries()) {
      mark.changes--;
      const uid = uids[i]!;
      mark.changedAt = at;
      if (unchanged.has(uid)) continue;
      mark.value = answer.status === 'OK' ? value : undefined;
      if (before[i] === !value && answer.status === 'OK') this.#assertNewer(uid, floor);
      this.#believe(uid, value, command.includes('.SILENT') && answer.status === 'OK');
    }
  }

  /** A flag that was changed raises the modification sequence above everything told before. */
  #assertNewer(uid: number, floor: number): void {
    const modSeq = this.picture.messages.find((message) => message?.uid === uid)?.modSeq;
    if (!this.options.rules.condstore || modSeq === undefined) return;
    const entry = this.box.entry(uid);
    if (entry.removals > 0 || entry.isDeletable || entry.goneAt !== undefined) return;
    assert.ok(modSeq > floor, `${this.box.name} ${uid}: MODSEQ ${modSeq}, ${floor} was told before`);
  }

  /** After .SILENT a client without CONDSTORE takes its change for granted (RFC 3501 6.4.6). */
  #believe(uid: number, value: boolean, isSilent: boolean): void {
    const message = this.picture.messages.find((one) => one?.uid === uid);
    if (!isSilent || message?.flags === undefined) return;
    const flags = new Set(message.flags);
    if (value) flags.add(`$s${this.options.index}`);
    else flags.delete(`$s${this.options.index}`);
    message.flags = flags;
  }

  /** \Deleted on some, and their removal by UID EXPUNGE in the same breath. */
  async #delete(): Promise<void> {
    const uids = this.#some(3);
    if (uids.length === 0) return this.noop();
    const entries = this.#entries(uids);
    for (const entry of entries) entry.isDeletable = true;
    await this.#run(`UID STORE ${uids} +FLAGS (\\Deleted)`);
    const at = this.options.ledger.now();
    for (const entry of entries) entry.deletedAt ??= at;
    if (this.options.random.below(3) > 0) await this.#removed(`UID EXPUNGE ${uids}`, entries);
  }

  async #expunge(): Promise<void> {
    await this.#removed('EXPUNGE', [...this.box.entries.values()]);
  }

  async #removed(command: string, entries: readonly Entry[]): Promise<void> {
    const { ledger, rules } = this.options;
    const start = ledger.now();
    const answer = await this.#run(command, start);
    const at = ledger.now();
    const [, highest] = /^\[HIGHESTMODSEQ (\d+)\]/.exec(answer.text) ?? [];
    assert.ok(highest === undefined || rules.qresync);
    if (highest !== undefined) this.#highest(Number(highest), start);
    for (const entry of entries) {
      if ((entry.deletedAt ?? at) < start) this.box.gone(entry.uid, at);
    }
  }

  #highest(value: number, start: number): void {
    this.box.highestModSeq(value, start);
    this.picture.highestModSeq = value;
  }

  async #copy(name: 'COPY' | 'MOVE'): Promise<void> {
    const { ledger, random, boxes } = this.options;
    const uids = this.#some(4);
    if (uids.length === 0) return this.noop();
    const to = ledger.box(random.pick(boxes));
    const from = this.box;
    const entries = name === 'MOVE' ? this.#entries(uids) : [];
    for (const entry of entries) entry.removals++;
    const start = ledger.now();
    const answer = await this.#run(`UID ${name} ${uids} ${to.name}`, start, false, true);
    // RFC 6851 4.3: the code of MOVE comes before the removals.
    const text = [...answer.untagged.map(({ raw }) => raw.slice(5)), answer.text].join('\n');
    const [, , source, target] = /\[COPYUID (\d+) ([\d:,]+) ([\d:,]+)\]/.exec(text) ?? [];
    const pairs = source === undefined ? [] : zip(setUids(source), setUids(target));
    ledger.copied(from, to, pairs, start);
    const at = ledger.now();
    for (const entry of entries) entry.removals--;
    if (name === 'COPY') return;
    for (const [uid] of pairs) {
      const goneAt = from.entry(uid).goneAt ?? at;
      assert.ok(goneAt > start, `${from.name} ${uid} was moved after it was gone`);
      from.gone(uid, at);
    }
    const [, highest] = /^\[HIGHESTMODSEQ (\d+)\]/.exec(answer.text) ?? [];
    if (highest !== undefined) this.#highest(Number(highest), start);
  }

  async #fetch(): Promise<void> {
    const { random } = this.options;
    const count = this.picture.messages.length;
    if (count === 0) return this.noop();
    const low = 1 + random.below(count);
    const high = Math.min(count, low + random.below(6));
    const header = random.below(2) === 0 ? ' BODY.PEEK[HEADER.FIELDS (X-TOKEN)]' : '';
    await this.#run(`FETCH ${low}:${high} (UID FLAGS${this.#modSeq}${header})`, undefined, true, true);
  }

  async #status(): Promise<void> {
    const { ledger, random, boxes, rules } = this.options;
    const box = ledger.box(random.pick(boxes));
    const start = ledger.now();
    const highest = rules.condstore ? ' HIGHESTMODSEQ' : '';
    const answer = await this.#run(`STATUS ${box.name} (UIDNEXT UIDVALIDITY${highest})`, start);
    const raw = answer.untagged.find(({ values }) => values[0] === 'STATUS')!.raw;
    const next = Number(/UIDNEXT (\d+)/.exec(raw)![1]);
    assert.ok(next >= box.uidFloor(start), `${raw}, expected ${box.uidFloor(start)}`);
    box.uidNext(next, ledger.now());
    if (rules.condstore) box.highestModSeq(Number(/HIGHESTMODSEQ (\d+)/.exec(raw)![1]), start);
  }

  async #idle(): Promise<void> {
    const start = this.options.ledger.now();
    const client = this.#client!;
    const tag = client.send('IDLE');
    const early: Untagged[] = [];
    for (;;) {
      const octets = await client.readAnswer();
      const raw = octets.toString('latin1');
      if (raw.startsWith('+')) break;
      assert.ok(raw.startsWith('* '), raw);
      early.push({ raw, values: parseValues(octets.subarray(2)) });
    }
    await new Promise((resolve) => setTimeout(resolve, this.options.random.below(12)));
    client.sendRaw('DONE\r\n');
    const answer = await client.finish(tag);
    assert.equal(answer.status, 'OK', answer.text);
    this.options.ledger.note(this.options.index, '> IDLE');
    for (const { raw } of [...early, ...answer.untagged]) this.options.ledger.note(this.options.index, raw);
    this.#show(this.picture.takeAll([...early, ...answer.untagged], false), start);
  }

  // -- common

  /** Some neighbours of the picture, by UID. */
  #some(most: number): number[] {
    const uids = [...this.picture.uids];
    const from = this.options.random.below(Math.max(1, uids.length));
    return uids.slice(from, from + 1 + this.options.random.below(most));
  }
  #entries(uids: readonly number[]): Entry[] {
    return uids.map((uid) => this.box.entry(uid));
  }

  async #command(command: string): Promise<Answer> {
    const answer = await this.#exchange(command);
    assert.equal(answer.status, 'OK', `${command}: ${answer.text}`);
    return answer;
  }

  async #exchange(command: string): Promise<Answer> {
    const { ledger, index } = this.options;
    ledger.note(index, `> ${command.split('\r\n', 1)[0]}`);
    const answer = await this.#client!.command(command);
    for (const { raw } of answer.untagged) ledger.note(index, raw);
    ledger.note(index, `${answer.status} ${answer.text}`);
    return answer;
  }

  /** Runs a command in the selected mailbox; `mayFail`: NO because another session removed a message is an answer. */
  async #run(
    command: string,
    start = this.options.ledger.now(),
    byNumber = false,
    mayFail = false,
  ): Promise<Answer> {
    const answer = await this.#exchange(command);
    const isExpected =
      answer.status === 'OK' || (mayFail && /^\[(EXPUNGEISSUED|EXPIRED)\]/.test(answer.text));
    assert.ok(isExpected, `${command.slice(0, 80)}: ${answer.status} ${answer.text}`);
    this.#show(this.picture.takeAll(answer.untagged, byNumber), start);
    return answer;
  }

  #show(shown: readonly Shown[], start: number): void {
    for (const { uid, flags, modSeq, header } of shown) {
      if (flags !== undefined) this.box.flags(uid, flags, modSeq, start);
      const token = header === undefined ? undefined : /^X-Token: (\S+)\r\n/i.exec(header)?.[1];
      if (header !== undefined) {
        assert.ok(token !== undefined, `${this.box.name} ${uid}: ${header}`);
        this.box.content(uid, token);
      }
    }
  }
}

/** Parameter that names the state a picture has. */
function qresync(picture: Replica, known: ReadonlySet<number> | undefined): string {
  const set = known === undefined ? '' : ` ${[...known].join(',')}`;
  return ` (QRESYNC (${picture.uidValidity} ${picture.highestModSeq}${set}))`;
}

function zip(left: readonly number[], right: readonly number[]): (readonly [number, number])[] {
  assert.equal(left.length, right.length, 'COPYUID');
  return left.map((uid, index) => [uid, right[index]!]);
}
