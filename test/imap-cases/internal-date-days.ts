// Rewrites what a case expects of SEARCH BEFORE, ON and SINCE for a server that counts INTERNALDATE's days in UTC.
//
// The public case was written for one whose zone is that of its authors (it lies in `broken/` for that reason); its commands and
// messages are kept. Refuses a command that is not such a search.

import type { ImapCase } from './case-file.ts';
import type { MboxMessage } from './mbox.ts';
import { parseResponse } from './response-value.ts';

const dayMs = 86_400_000;

/** The case with the answers recomputed from the messages. */
export function daysInUtc(script: ImapCase, messages: readonly MboxMessage[]): ImapCase {
  const days = messages.map(({ internalDate }) => Math.floor(Date.parse(internalDate) / dayMs));
  const groups = script.groups.map((group) => {
    const text = group.commands[0]!.text;
    const match = /^search (?:(\d+):(\d+|\*) )?(not )?(before|on|since) (\S+)$/i.exec(text);
    if (match === null) throw new Error(`not a search by internal date: ${text}`);
    const [, low = '1', high = '*', not, key = '', day = ''] = match;
    const last = high === '*' ? messages.length : Number(high);
    const wanted = Date.parse(`${day} 00:00:00 +0000`) / dayMs;
    const found = days.flatMap((value, index) => {
      const number = index + 1;
      const isMatch = key === 'before' ? value < wanted : key === 'on' ? value === wanted : value >= wanted;
      return isMatch === (not === undefined) && number >= Number(low) && number <= last ? [number] : [];
    });
    const answer = ['search', ...found].join(' ');
    const untagged = [{ existence: 'must' as const, text: `* ${answer}`, values: parseResponse(answer) }];
    return { ...group, untagged };
  });
  return { ...script, groups };
}
