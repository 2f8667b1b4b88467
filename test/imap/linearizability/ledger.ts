// What a set of mailboxes must hold, told from acknowledged commands alone: the model of the linearizability test.
//
// Time is a counter that moves with every command sent and every answer read, so "before" means before for everybody. A
// message is alive from the answer that gave its UID until the answer that removed it; between the start of a command and its
// answer both outcomes are allowed. Of every message, keyword `$sN` belongs to session N, which alone knows its value.
// Throws (assert) on the first thing that no order of the commands explains.

import assert from 'node:assert/strict';

/** A message of one mailbox. */
export interface Entry {
  readonly uid: number;
  /** Infinity while the command that made it is under way: others may see and change it already. */
  bornAt: number;
  /** Commands under way that may remove it. */
  removals: number;
  /** Somebody has begun to set \Deleted, so any EXPUNGE may take it. */
  isDeletable: boolean;
  deletedAt: number | undefined;
  goneAt: number | undefined;
  readonly marks: Mark[];
}

/** Keyword of one session on one message. */
interface Mark {
  /** Undefined: not known (copied while it changed). */
  value: boolean | undefined;
  changes: number;
  changedAt: number;
}

const journalLines = 4000;

export class Ledger {
  readonly sessions: number;
  readonly #boxes = new Map<string, BoxLedger>();
  readonly #copies: { from: BoxLedger; fromUid: number; to: BoxLedger; toUid: number }[] = [];
  readonly #journal: string[] = [];
  #now = 0;

  constructor(sessions: number) {
    this.sessions = sessions;
  }

  now(): number {
    return ++this.#now;
  }

  /** Notes a line of a dialogue, for the report of a failure. */
  note(session: number, line: string): void {
    this.#journal.push(`${this.#now} ${session} ${line}`);
    if (this.#journal.length > 2 * journalLines) this.#journal.splice(0, journalLines);
  }

  /** The last lines of all dialogues, oldest first. */
  get journal(): string {
    return this.#journal.slice(-journalLines).join('\n');
  }

  box(name: string): BoxLedger {
    let box = this.#boxes.get(name);
    if (box === undefined) {
      box = new BoxLedger(name, this);
      this.#boxes.set(name, box);
    }
    return box;
  }

  /** COPYUID of a COPY or MOVE that began at `start` and was answered just now. */
  copied(from: BoxLedger, to: BoxLedger, pairs: readonly (readonly [number, number])[], start: number): void {
    const at = this.now();
    for (const [fromUid, toUid] of pairs) {
      const source = from.entry(fromUid);
      assert.ok((source.goneAt ?? at) > start, `${from.name} ${fromUid} was copied after it was removed`);
      const entry = to.born(toUid, start, at);
      if (source.isDeletable || source.bornAt > start) entry.isDeletable = true;
      for (const [session, mark] of entry.marks.entries()) {
        if (mark.changedAt === at) mark.value = settled(source.marks[session]!, start);
      }
      this.#copies.push({ from, fromUid, to, toUid });
    }
  }

  /** While nothing is under way: every copy has the content of its source. */
  settleCopies(): void {
    let open = this.#copies.splice(0);
    while (open.length > 0) {
      const later = open.filter(({ from, fromUid, to, toUid }) => {
        const token = from.contentOf(fromUid);
        if (token !== undefined) to.content(toUid, token);
        return token === undefined;
      });
      assert.ok(later.length < open.length, `${later.length} copies of messages that nobody appended`);
      open = later;
    }
  }
}

/** Value of a mark that nobody changed since `start`. */
const settled = (mark: Mark, start: number): boolean | undefined =>
  mark.changes === 0 && mark.changedAt < start ? mark.value : undefined;

export class BoxLedger {
  readonly name: string;
  uidValidity: string | undefined;
  readonly entries = new Map<number, Entry>();
  readonly #ledger: Ledger;
  readonly #content = new Map<number, string>();
  /** Flags by UID and modification sequence. */
  readonly #flagsAt = new Map<string, string>();
  /** [time, first UID that may be given to a command that begins later]. */
  #uidFloor: (readonly [number, number])[] = [[0, 1]];
  #modSeqFloor: (readonly [number, number])[] = [[0, 0]];

  constructor(name: string, ledger: Ledger) {
    this.name = name;
    this.#ledger = ledger;
  }

  /** What is known of a message that a client has seen or a command has made. */
  entry(uid: number): Entry {
    let entry = this.entries.get(uid);
    if (entry === undefined) {
      const marks = Array.from({ length: this.#ledger.sessions }, () => ({
        value: undefined,
        changes: 0,
        changedAt: 0,
      }));
      const bornAt = Number.POSITIVE_INFINITY;
      entry = {
        uid,
        bornAt,
        removals: 0,
        isDeletable: false,
        deletedAt: undefined,
        goneAt: undefined,
        marks,
      };
      this.entries.set(uid, entry);
    }
    return entry;
  }
  contentOf(uid: number): string | undefined {
    return this.#content.get(uid);
  }

  /** Message `uid` was seen to hold `token`; it always does. */
  content(uid: number, token: string): void {
    const known = this.#content.get(uid);
    assert.ok(known === undefined || known === token, `${this.name} ${uid} was ${known} and is ${token}`);
    this.#content.set(uid, token);
  }

  /** A command begun at `start` made message `uid`, answered at `at`. */
  born(uid: number, start: number, at: number): Entry {
    const entry = this.entry(uid);
    assert.equal(entry.bornAt, Number.POSITIVE_INFINITY, `${this.name}: UID ${uid} was given twice`);
    assert.ok(uid >= this.uidFloor(start), `${this.name}: UID ${uid} below ${this.uidFloor(start)}`);
    entry.bornAt = at;
    for (const mark of entry.marks) {
      const isUntouched = mark.changes === 0 && mark.changedAt === 0;
      if (isUntouched) Object.assign(mark, { value: false, changedAt: at });
    }
    this.uidNext(uid + 1, at);
    return entry;
  }

  /** UIDNEXT was told at `at`, or follows from a UID. */
  uidNext(value: number, at: number): void {
    const [, last] = this.#uidFloor.at(-1)!;
    if (value > last) this.#uidFloor.push([at, value]);
  }
  uidFloor(time: number): number {
    return floorAt(this.#uidFloor, time);
  }

  /** HIGHESTMODSEQ was told to a command begun at `start`: never below what anybody was told before. */
  highestModSeq(value: number, start: number): void {
    const floor = floorAt(this.#modSeqFloor, start);
    assert.ok(value >= floor, `${this.name}: HIGHESTMODSEQ ${value} after ${floor}`);
    const [, last] = this.#modSeqFloor.at(-1)!;
    if (value > last) this.#modSeqFloor.push([this.#ledger.now(), value]);
  }
  modSeqFloor(time: number): number {
    return floorAt(this.#modSeqFloor, time);
  }

  /** A removal was answered. */
  gone(uid: number, at: number): void {
    this.entry(uid).goneAt ??= at;
  }

  /** Flags that a command begun at `start` showed. */
  flags(uid: number, flags: ReadonlySet<string>, modSeq: number | undefined, start: number): void {
    if (modSeq !== undefined) {
      const key = `${uid} ${modSeq}`;
      const text = [...flags].sort().join(' ');
      const known = this.#flagsAt.get(key);
      assert.ok(known === undefined || known === text, `${this.name} ${key}: flags ${known} and ${text}`);
      this.#flagsAt.set(key, text);
    }
    const entry = this.entry(uid);
    if (entry.bornAt > start) return;
    for (const [session, mark] of entry.marks.entries()) {
      const value = settled(mark, start);
      if (value === undefined) continue;
      assert.equal(flags.has(`$s${session}`), value, `${this.name} ${uid}: $s${session} in ${[...flags]}`);
    }
  }

  /** What a session that synchronised with a command begun at `start` counts; `unknown` are new ones without a UID yet. */
  counted(uids: ReadonlySet<number>, unknown: number, start: number): void {
    const last = Math.max(0, ...uids);
    let newer = 0;
    for (const entry of this.entries.values()) {
      const { uid } = entry;
      const isGone = (entry.goneAt ?? start) < start;
      if (isGone) assert.ok(!uids.has(uid), `${this.name}: ${uid} is still shown after its removal`);
      if (entry.bornAt > start || mayBeGone(entry)) continue;
      if (uid > last) newer++;
      else assert.ok(uids.has(uid) || unknown > 0, `${this.name}: ${uid} is not shown`);
    }
    assert.ok(newer <= unknown, `${this.name}: ${newer} new messages, ${unknown} counted`);
  }

  /** While nothing is under way: exactly these messages are there. */
  holds(uids: ReadonlySet<number>): void {
    for (const uid of uids) {
      const entry = this.entries.get(uid);
      assert.ok(
        entry !== undefined && entry.bornAt <= this.#ledger.now(),
        `${this.name}: ${uid} came from nowhere`,
      );
      assert.ok(entry.goneAt === undefined, `${this.name}: ${uid} came back`);
    }
    for (const entry of this.entries.values()) {
      if (mayBeGone(entry)) {
        if (!uids.has(entry.uid)) entry.goneAt ??= this.#ledger.now();
      } else assert.ok(uids.has(entry.uid), `${this.name}: ${entry.uid} is lost`);
    }
  }
}

const mayBeGone = (entry: Entry): boolean =>
  entry.goneAt !== undefined || entry.removals > 0 || entry.isDeletable;

/** Highest value that was known before `time`. */
function floorAt(steps: readonly (readonly [number, number])[], time: number): number {
  for (let i = steps.length - 1; i >= 0; i--) {
    const [at, value] = steps[i]!;
    if (at < time) return value;
  }
  return 0;
}
