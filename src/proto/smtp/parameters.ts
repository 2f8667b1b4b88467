// ESMTP parameters behind a path: `*(SP keyword ["=" value])`, RFC 5321 4.1.2.

import { Fault } from '../../base/outcome.ts';

/** Keyword in capitals → value, undefined when there was no `=`. In order of appearance. */
export type ParameterList = ReadonlyMap<string, string | undefined>;

// RFC 5321 4.1.2: esmtp-value = 1*(%d33-60 / %d62-126); RFC 6531 3.3 adds UTF8-non-ascii.
const parameter = /([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\uffff]+))?(?= |$)/y;

/** Parses from `start` (just behind the path) to the end of the text. Throws Fault('smtp.bad_parameter'). */
export function parseParameterList(text: string, start: number): ParameterList {
  const list = new Map<string, string | undefined>();
  let at = start;
  while (at < text.length) {
    if (text[at] !== ' ') throw malformed();
    while (text[at] === ' ') at += 1;
    if (at === text.length) break;
    parameter.lastIndex = at;
    const match = parameter.exec(text);
    if (match === null) throw malformed();
    const keyword = (match[1] as string).toUpperCase();
    if (list.has(keyword)) throw new Fault('smtp.bad_parameter', `Parameter ${keyword} stands twice`);
    list.set(keyword, match[2]);
    at = parameter.lastIndex;
  }
  return list;
}

/** The refusal of a value that a known keyword does not allow. */
export function badValue(keyword: string): Fault {
  return new Fault('smtp.bad_parameter', `Invalid value of parameter ${keyword}`);
}

/** The refusal of a keyword that was not offered (RFC 5321 4.1.1.11: 555). */
export function unknownParameter(keyword: string): Fault {
  return new Fault('smtp.unknown_parameter', `Parameter ${keyword.slice(0, 40)} is not supported`);
}

function malformed(): Fault {
  return new Fault('smtp.bad_parameter', 'Malformed parameters');
}
