// Octets of one message for FETCH: ranges in memory when small, streams when large, each size that of the octets themselves.
//
// Nothing larger than `inlineBytes` a message is held; the rest is read in steps of the same size when it is sent. The size
// in the index is a hint: it is checked against the file before it becomes a literal's size (I10, M02).

import type { Uid } from '../../base/brands.ts';
import { Permanent } from '../../base/outcome.ts';
import { type MimeLimits, PartColumn } from '../../native/mime.ts';
import type { Mailbox, MessageStructure } from '../../store/mail-store.ts';
import type { Octets } from './answer.ts';
import { type OctetRange, partValue } from './part-path.ts';

/** Octets held in memory for one message, and the step in which larger ones are read. */
export const inlineBytes = 262_144;

export interface MessageFacts {
  readonly uid: Uid;
  /** RFC822.SIZE as the index has it. */
  readonly sizeBytes: number;
  readonly structure: MessageStructure | undefined;
  /** Several sections are asked for: a small message is then read once as a whole. */
  readonly readWhole: boolean;
}

export class MessageOctets {
  readonly #mailbox: Mailbox;
  readonly #facts: MessageFacts;
  readonly #limits: MimeLimits;
  #structure: MessageStructure | undefined;
  #whole: Buffer | undefined;
  #budget = inlineBytes;

  constructor(mailbox: Mailbox, facts: MessageFacts, limits: MimeLimits) {
    this.#mailbox = mailbox;
    this.#facts = facts;
    this.#limits = limits;
    this.#structure = facts.structure;
  }

  /** The part table. Throws Permanent('store.expunged') when the message is gone. */
  async structure(): Promise<MessageStructure> {
    if (this.#structure === undefined) {
      const [found] = await this.#mailbox.structures(Uint32Array.of(this.#facts.uid), this.#limits);
      if (found === undefined) throw expunged();
      this.#structure = found;
    }
    return this.#structure;
  }

  /** The whole message: where it ends, from the octets themselves. */
  async wholeRange(): Promise<OctetRange> {
    if (this.#structure !== undefined) return { start: 0, end: endOf(this.#structure) };
    const { uid, sizeBytes } = this.#facts;
    if (sizeBytes <= inlineBytes) {
      const octets = await this.#mailbox.read(uid, 0, inlineBytes + 1);
      if (octets.length <= inlineBytes) {
        this.#whole = octets;
        return { start: 0, end: octets.length };
      }
    } else {
      // The last octet is there and none follows it: the hint is right.
      const tail = await this.#mailbox.read(uid, sizeBytes - 1, sizeBytes + 1);
      if (tail.length === 1) return { start: 0, end: sizeBytes };
    }
    return { start: 0, end: endOf(await this.structure()) };
  }

  /** The message's own header, at most `maxHeaderBytes` of it. */
  async header(): Promise<Buffer> {
    if (this.#structure !== undefined) {
      const end = partValue(this.#structure.parts, 0, PartColumn.bodyStart);
      return this.headerOctets({ start: 0, end });
    }
    const header = await this.#mailbox.header(this.#facts.uid, this.#limits);
    if (header === undefined) throw expunged();
    return header;
  }

  /** Octets of some header for picking fields, at most `maxHeaderBytes`: what is past that is served but not looked at. */
  headerOctets(range: OctetRange): Promise<Buffer> {
    const end = Math.min(range.end, range.start + this.#limits.maxHeaderBytes);
    return this.#read({ start: range.start, end });
  }

  /** The octets of a range: in memory while the message's budget lasts, else as a stream. */
  async load(range: OctetRange): Promise<Octets> {
    const sizeBytes = range.end - range.start;
    if (this.#whole === undefined && sizeBytes > this.#budget) {
      return { sizeBytes, chunks: () => this.steps(range) };
    }
    return this.#read(range);
  }

  /** A range in memory, undefined when it is larger than `inlineBytes`. */
  async loadSmall(range: OctetRange): Promise<Buffer | undefined> {
    return range.end - range.start > inlineBytes ? undefined : this.#read(range);
  }

  /** A range in steps; ends early when the file does. */
  async *steps(range: OctetRange): AsyncGenerator<Buffer> {
    for (let start = range.start; start < range.end; start += inlineBytes) {
      const end = Math.min(start + inlineBytes, range.end);
      const octets = await this.#mailbox.read(this.#facts.uid, start, end);
      yield octets;
      if (octets.length < end - start) return;
    }
  }

  async #read(range: OctetRange): Promise<Buffer> {
    if (range.start >= range.end) return Buffer.alloc(0);
    if (this.#whole === undefined && this.#facts.readWhole) await this.#readWhole();
    if (this.#whole !== undefined) return this.#whole.subarray(range.start, range.end);
    this.#budget -= range.end - range.start;
    return this.#mailbox.read(this.#facts.uid, range.start, range.end);
  }

  async #readWhole(): Promise<void> {
    const size = this.#structure === undefined ? this.#facts.sizeBytes : endOf(this.#structure);
    if (size <= inlineBytes) this.#whole = await this.#mailbox.read(this.#facts.uid, 0, size);
  }
}

/** The part of a range that `<origin.length>` leaves; RFC 9051 6.4.5: past the end it is empty, never an error (I09). */
export function cutRange(
  range: OctetRange,
  partial: { readonly origin: number; readonly length: number } | undefined,
): OctetRange {
  if (partial === undefined) return range;
  const start = Math.min(range.start + partial.origin, range.end);
  return { start, end: Math.min(start + partial.length, range.end) };
}

const endOf = (structure: MessageStructure): number => partValue(structure.parts, 0, PartColumn.bodyEnd);

const expunged = (): Permanent => new Permanent('store.expunged', 'the message is gone');
