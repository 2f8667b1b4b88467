// A client's picture of one mailbox, made of nothing but the server's answers: what a disconnected client keeps.
//
// Messages stand in the order of their numbers; those that only EXISTS told of have no UID yet. It refuses (assert) answers
// that contradict the picture: numbers that do not exist, UIDs that change or do not ascend, modification sequences that
// go back, EXPUNGE or VANISHED where the protocol forbids them.

import assert from 'node:assert/strict';
import type { Untagged, Value } from '../../fixture/imap-client.ts';

export interface Picture {
  readonly uid: number;
  flags: ReadonlySet<string> | undefined;
  modSeq: number | undefined;
}

/** One FETCH answer, as far as it could be given to a UID. */
export interface Shown {
  readonly uid: number;
  readonly flags: ReadonlySet<string> | undefined;
  readonly modSeq: number | undefined;
  readonly header: string | undefined;
}

export interface ReplicaRules {
  /** QRESYNC is on: removals are VANISHED, FETCH has UID and MODSEQ. */
  readonly qresync: boolean;
  readonly condstore: boolean;
}

export class Replica {
  readonly rules: ReplicaRules;
  uidValidity = '';
  /** Last HIGHESTMODSEQ of a SELECT or a tagged answer: everything up to it was told. */
  highestModSeq = 0;
  uidNext = 1;
  messages: (Picture | undefined)[] = [];

  constructor(rules: ReplicaRules) {
    this.rules = rules;
  }

  get uids(): Set<number> {
    return new Set(this.messages.flatMap((message) => (message === undefined ? [] : [message.uid])));
  }
  get unknown(): number {
    return this.messages.filter((message) => message === undefined).length;
  }
  /** Where to ask for the UIDs of new messages. */
  get nextUnknownUid(): number {
    const first = this.messages.indexOf(undefined);
    return (first <= 0 ? 0 : this.messages[first - 1]!.uid) + 1;
  }

  /** Drops what a client does not keep over a disconnection: from the first message without a UID on. */
  keep(): void {
    const unknown = this.messages.indexOf(undefined);
    if (unknown >= 0) this.messages.length = unknown;
  }

  /** Answers of a SELECT with QRESYNC, of which this picture is the state that was named; `known` limits what is told. */
  resume(untagged: readonly Untagged[], known: ReadonlySet<number> | undefined): Shown[] {
    const vanished = new Set(
      untagged.filter(({ values }) => isEarlier(values)).flatMap(({ values }) => setUids(values[2])),
    );
    if (known !== undefined) {
      for (const uid of vanished) assert.ok(known.has(uid), `VANISHED (EARLIER) ${uid} was not asked for`);
    }
    this.messages = this.messages.filter((message) => message !== undefined && !vanished.has(message.uid));
    return this.takeAll(
      untagged.filter(({ values }) => !isEarlier(values)),
      false,
    );
  }

  takeAll(untagged: readonly Untagged[], byNumber: boolean): Shown[] {
    return untagged.flatMap((line) => this.take(line, byNumber) ?? []);
  }

  /** Takes one answer in; `byNumber`: to FETCH, STORE or SEARCH by number, when nothing may be renumbered. */
  take({ raw, values }: Untagged, byNumber: boolean): Shown | undefined {
    const [first, name] = values;
    if (name === 'EXISTS') {
      assert.ok(Number(first) >= this.messages.length, `${raw} of ${this.messages.length}`);
      while (this.messages.length < Number(first)) this.messages.push(undefined);
    } else if (name === 'EXPUNGE') {
      assert.ok(!byNumber && !this.rules.qresync, raw);
      const at = Number(first) - 1;
      assert.ok(at >= 0 && at < this.messages.length, `${raw} of ${this.messages.length}`);
      this.messages.splice(at, 1);
    } else if (first === 'VANISHED' && !isEarlier(values)) {
      assert.ok(!byNumber && this.rules.qresync, raw);
      for (const uid of setUids(name)) this.#vanish(uid, raw);
    } else if (name === 'FETCH') return this.#fetch(Number(first) - 1, values[2] as Value[], raw);
    else if (typeof first === 'string') this.#code(first);
    return undefined;
  }

  #code(text: string): void {
    const [, name, value] = /^OK \[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d+)\]/.exec(text) ?? [];
    if (name === 'UIDVALIDITY') this.uidValidity = value!;
    if (name === 'UIDNEXT') this.uidNext = Number(value);
    if (name === 'HIGHESTMODSEQ') this.highestModSeq = Number(value);
  }

  #vanish(uid: number, raw: string): void {
    const known = this.messages.findIndex((message) => message?.uid === uid);
    // One that only EXISTS told of: it lies where its UID fits.
    const at = known >= 0 ? known : this.messages.findIndex((_, index) => this.#fits(index, uid));
    assert.ok(at >= 0, `${raw}: ${uid} is not in the picture`);
    this.messages.splice(at, 1);
  }

  /** Message `index` has no UID yet and may have this one. */
  #fits(index: number, uid: number): boolean {
    if (this.messages[index] !== undefined) return false;
    const before = this.messages.slice(0, index).findLast((message) => message !== undefined);
    const behind = this.messages.slice(index).find((message) => message !== undefined);
    return (before?.uid ?? 0) < uid && uid < (behind?.uid ?? Number.POSITIVE_INFINITY);
  }

  #fetch(index: number, data: readonly Value[], raw: string): Shown | undefined {
    assert.ok(index >= 0 && index < this.messages.length, `${raw} of ${this.messages.length}`);
    const items = new Map<string, Value>();
    for (let i = 0; i + 1 < data.length; i += 2) items.set(String(data[i]), data[i + 1]!);
    const told = items.get('UID');
    // RFC 7162 3.2: with QRESYNC every FETCH answer that the server sends by itself has UID.
    assert.ok(told !== undefined || !this.rules.qresync, raw);
    let message = this.messages[index];
    if (message === undefined && told !== undefined) {
      assert.ok(this.#fits(index, Number(told)), `${raw}: the UID does not ascend`);
      message = { uid: Number(told), flags: undefined, modSeq: undefined };
      this.messages[index] = message;
    }
    if (message === undefined) return undefined;
    assert.ok(told === undefined || Number(told) === message.uid, `${raw}: was UID ${message.uid}`);
    const modSeq = items.has('MODSEQ') ? Number((items.get('MODSEQ') as Value[])[0]) : undefined;
    const list = items.get('FLAGS') as string[] | undefined;
    const flags = list && new Set(list.filter((flag) => flag !== '\\Recent'));
    if (modSeq !== undefined) {
      assert.ok(modSeq >= (message.modSeq ?? 0), `${raw}: MODSEQ was ${message.modSeq}`);
      message.modSeq = modSeq;
    } else assert.ok(flags === undefined || !this.rules.condstore, `${raw}: without MODSEQ`);
    if (flags !== undefined) message.flags = flags;
    const header = [...items].find(([name]) => name.startsWith('BODY['))?.[1];
    return { uid: message.uid, flags, modSeq, header: header?.toString() };
  }
}

const isEarlier = (values: readonly Value[]): boolean =>
  values[0] === 'VANISHED' && Array.isArray(values[1]) && values[1][0] === 'EARLIER';

/** UIDs of `1:3,7`. */
export function setUids(set: Value | undefined): number[] {
  return String(set)
    .split(',')
    .flatMap((part) => {
      const [low = 0, high = low] = part.split(':').map(Number);
      return Array.from({ length: Math.abs(high - low) + 1 }, (_, i) => Math.min(low, high) + i);
    });
}
