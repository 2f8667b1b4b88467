// ENVELOPE and BODYSTRUCTURE answers as flat lists of facts, so that two servers can be compared fact by fact.

import type { Value } from '../fixture/imap-client.ts';

/** A fact's place (`2.1.subtype`, `envelope.from.0.name`) and its value as text. */
export type Facts = Map<string, string>;

export interface Part {
  /** `2.1`; '' is the message itself when it is multipart. */
  readonly path: string;
  /** Lower case. */
  readonly type: string;
  readonly subtype: string;
  /** Lower case. */
  readonly encoding: string;
  readonly sizeBytes: number;
  readonly lines: number | undefined;
  readonly isMessage: boolean;
}

const envelopeFields = [
  'date',
  'subject',
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'in-reply-to',
  'message-id',
];

/** Text of a value; strings in angle quotes so that NIL and "NIL" differ. */
export function show(value: Value | undefined): string {
  if (value === undefined) return '(absent)';
  if (value === null) return 'NIL';
  if (Array.isArray(value)) return `(${value.map(show).join(' ')})`;
  return Buffer.isBuffer(value) ? `«${value.toString('latin1')}»` : value;
}

/** Facts of an ENVELOPE. Throws when it has not ten fields (I07). */
export function envelopeFacts(value: Value | undefined, prefix = 'envelope'): Facts {
  const facts: Facts = new Map();
  if (!Array.isArray(value) || value.length !== envelopeFields.length) {
    throw new Error(`${prefix} is no envelope: ${show(value).slice(0, 200)}`);
  }
  for (const [index, name] of envelopeFields.entries()) facts.set(`${prefix}.${name}`, show(value[index]));
  return facts;
}

/** Facts and parts of a BODYSTRUCTURE or BODY. Iterative: structures nest as deep as the limit allows. */
export function structureFacts(root: Value | undefined): { readonly facts: Facts; readonly parts: Part[] } {
  const facts: Facts = new Map();
  const parts: Part[] = [];
  // `number` is what the body is called; the children of a multipart are numbered below `number`.
  const work: { value: Value | undefined; path: string; isRoot: boolean }[] = [
    { value: root, path: '', isRoot: true },
  ];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const { value, path, isRoot } = item;
    if (!Array.isArray(value) || value.length < 2)
      throw new Error(`no body at ${path}: ${show(value).slice(0, 200)}`);
    if (Array.isArray(value[0])) {
      const children = value.findIndex((child) => !Array.isArray(child));
      const name = isRoot ? `${path}[multipart]` : path;
      multipartFacts(facts, name, value.slice(children));
      facts.set(`${name}.children`, String(children));
      for (let i = children - 1; i >= 0; i--) {
        work.push({ value: value[i], path: path === '' ? String(i + 1) : `${path}.${i + 1}`, isRoot: false });
      }
    } else {
      const name = isRoot ? (path === '' ? '1' : `${path}.1`) : path;
      const inner = leafFacts(facts, parts, name, value);
      if (inner !== undefined) work.push({ value: inner, path: name, isRoot: true });
    }
  }
  return { facts, parts };
}

function multipartFacts(facts: Facts, name: string, rest: readonly Value[]): void {
  const [subtype, params, disposition, language, location] = rest;
  facts.set(`${name}.subtype`, show(subtype).toLowerCase());
  if (rest.length < 2) return;
  facts.set(`${name}.params`, showParameters(params));
  facts.set(`${name}.disposition`, showDisposition(disposition));
  facts.set(`${name}.language`, show(language));
  facts.set(`${name}.location`, show(location));
}

/** Adds a leaf; returns the inner body of message/rfc822. */
function leafFacts(facts: Facts, parts: Part[], name: string, value: readonly Value[]): Value | undefined {
  const [type, subtype, params, id, description, encoding, size, ...more] = value;
  const kind = `${String(type)}/${String(subtype)}`.toLowerCase();
  if (typeof size !== 'string' || !/^\d+$/.test(size)) throw new Error(`size of ${name}: ${show(size)}`);
  facts.set(`${name}.type`, kind);
  facts.set(`${name}.params`, showParameters(params));
  facts.set(`${name}.id`, show(id));
  facts.set(`${name}.description`, show(description));
  facts.set(`${name}.encoding`, show(encoding).toLowerCase());
  facts.set(`${name}.size`, size);
  const isMessage = Array.isArray(more[0]);
  let lines: Value | undefined;
  let inner: Value | undefined;
  if (isMessage) {
    for (const [place, fact] of envelopeFacts(more.shift(), `${name}.envelope`)) facts.set(place, fact);
    inner = more.shift();
    lines = more.shift();
  } else if (kind.startsWith('text/')) {
    lines = more.shift();
  }
  if (lines !== undefined) facts.set(`${name}.lines`, show(lines));
  const [md5, disposition, language, location] = more;
  if (more.length > 0) {
    facts.set(`${name}.md5`, show(md5));
    facts.set(`${name}.disposition`, showDisposition(disposition));
    facts.set(`${name}.language`, show(language));
    facts.set(`${name}.location`, show(location));
  }
  parts.push({
    path: name,
    type: String(type).toLowerCase(),
    subtype: String(subtype).toLowerCase(),
    encoding: String(encoding).toLowerCase(),
    sizeBytes: Number(size),
    lines: typeof lines === 'string' ? Number(lines) : undefined,
    isMessage,
  });
  return inner;
}

/** Parameter names have no case, and neither has a charset (RFC 2046 4.1.2). */
function showParameters(params: Value | undefined): string {
  if (!Array.isArray(params)) return show(params);
  const shown: string[] = [];
  for (let i = 0; i + 1 < params.length; i += 2) {
    const name = show(params[i]).toLowerCase();
    shown.push(name, name === '«charset»' ? show(params[i + 1]).toLowerCase() : show(params[i + 1]));
  }
  return `(${shown.join(' ')})`;
}

function showDisposition(disposition: Value | undefined): string {
  if (!Array.isArray(disposition)) return show(disposition);
  return `(${show(disposition[0]).toLowerCase()} ${showParameters(disposition[1])})`;
}
