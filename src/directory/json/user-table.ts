// All users of a file as a few flat buffers: 400,000 accounts cost no objects, and the table moves between threads without
// a copy.
//
// Records lie back to back as JSON, in address order. An open-addressing hash table maps every address and alias to its
// record. Built in table-thread.ts, read here; immutable.

import { isFor } from './scram-record.ts';
import type { UserRecord } from './user-record.ts';

/** The transferable form. */
export interface UserTableData {
  readonly count: number;
  /** Every user with a password has a SCRAM verifier for it. */
  readonly allHaveScram: boolean;
  /** Records as UTF-8 JSON, back to back. */
  readonly records: Uint8Array<ArrayBuffer>;
  /** count + 1 offsets into `records`. */
  readonly recordOffsets: Uint32Array<ArrayBuffer>;
  /** Addresses and aliases as UTF-8, back to back. */
  readonly keys: Uint8Array<ArrayBuffer>;
  readonly keyOffsets: Uint32Array<ArrayBuffer>;
  /** Record of each key. */
  readonly keyRecords: Uint32Array<ArrayBuffer>;
  /** Key number + 1 in each slot, 0 = empty; the size is a power of two. */
  readonly slots: Uint32Array<ArrayBuffer>;
}

/** Two users claim one address. */
export interface Clash {
  readonly address: string;
  /** Positions in the input of the first and the second user. */
  readonly first: number;
  readonly second: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** FNV-1a, 32 bits. Not keyed: the file is the operator's own, an attacker only looks up. */
function hash(bytes: Uint8Array): number {
  let value = 0x811c9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

/** Builds the table; a clash of addresses or aliases is returned instead. `records` are checked already. */
export function buildUserTable(records: readonly UserRecord[]): UserTableData | Clash {
  const order = records.map((_, index) => index);
  order.sort((a, b) => compare((records[a] as UserRecord).address, (records[b] as UserRecord).address));
  const recordChunks: Uint8Array[] = [];
  const keyChunks: Uint8Array[] = [];
  const keyRecords: number[] = [];
  const recordOffsets = new Uint32Array(records.length + 1);
  for (const [position, index] of order.entries()) {
    const record = records[index] as UserRecord;
    const bytes = encoder.encode(JSON.stringify(record));
    recordChunks.push(bytes);
    recordOffsets[position + 1] = (recordOffsets[position] as number) + bytes.length;
    for (const key of new Set([record.address, ...(record.aliases ?? [])])) {
      keyChunks.push(encoder.encode(key));
      keyRecords.push(position);
    }
  }
  const keyOffsets = new Uint32Array(keyChunks.length + 1);
  for (const [number, chunk] of keyChunks.entries())
    keyOffsets[number + 1] = (keyOffsets[number] as number) + chunk.length;
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(keyChunks.length * 2 + 2)));
  for (const [number, chunk] of keyChunks.entries()) {
    const clash = insert(slots, keyChunks, number, chunk);
    if (clash >= 0) {
      const positions = [keyRecords[clash], keyRecords[number]].map(
        (position) => order[position as number] as number,
      );
      positions.sort((a, b) => a - b);
      return {
        address: decoder.decode(chunk),
        first: positions[0] as number,
        second: positions[1] as number,
      };
    }
  }
  return {
    count: records.length,
    allHaveScram: records.every(({ password, scram }) => password === undefined || isFor(scram, password)),
    records: concat(recordChunks),
    recordOffsets,
    keys: concat(keyChunks),
    keyOffsets,
    keyRecords: Uint32Array.from(keyRecords),
    slots,
  };
}

/** Number of the equal key that is already there, or -1. */
function insert(slots: Uint32Array, keys: readonly Uint8Array[], number: number, key: Uint8Array): number {
  const mask = slots.length - 1;
  for (let at = hash(key) & mask; ; at = (at + 1) & mask) {
    const taken = slots[at] as number;
    if (taken === 0) {
      slots[at] = number + 1;
      return -1;
    }
    if (Buffer.compare(keys[taken - 1] as Uint8Array, key) === 0) return taken - 1;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Buffers to hand over when posting the table to another thread. */
export const transferList = (table: UserTableData): ArrayBuffer[] => [
  table.records.buffer,
  table.recordOffsets.buffer,
  table.keys.buffer,
  table.keyOffsets.buffer,
  table.keyRecords.buffer,
  table.slots.buffer,
];

/** Look-ups in a built table. */
export class UserTable {
  readonly #data: UserTableData;

  constructor(data: UserTableData) {
    this.#data = data;
  }

  get count(): number {
    return this.#data.count;
  }

  get allHaveScram(): boolean {
    return this.#data.allHaveScram;
  }

  /** The user with this address or alias. */
  find(address: string): UserRecord | undefined {
    const { slots, keys, keyOffsets, keyRecords } = this.#data;
    const key = encoder.encode(address);
    const mask = slots.length - 1;
    for (let at = hash(key) & mask; ; at = (at + 1) & mask) {
      const taken = slots[at] as number;
      if (taken === 0) return undefined;
      const start = keyOffsets[taken - 1] as number;
      const end = keyOffsets[taken] as number;
      if (end - start === key.length && Buffer.compare(keys.subarray(start, end), key) === 0) {
        return this.at(keyRecords[taken - 1] as number);
      }
    }
  }

  /** The user at a position of the address order, 0 ≤ position < count. */
  at(position: number): UserRecord {
    const { records, recordOffsets } = this.#data;
    const bytes = records.subarray(recordOffsets[position], recordOffsets[position + 1]);
    return JSON.parse(decoder.decode(bytes)) as UserRecord;
  }
}
