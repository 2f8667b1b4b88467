// Arguments of POP3 commands: message numbers and counts, in decimal, separated by single spaces (RFC 1939 3).

import { Fault } from '../base/outcome.ts';

/** Refuses anything behind a command that takes nothing. */
export function expectNothing(argument: string): void {
  if (argument !== '') throw new Fault('pop3.syntax', 'No argument expected');
}

/** Exactly `count` numbers. Throws Fault('pop3.syntax'). */
export function expectNumbers(argument: string, count: number): number[] {
  const words = argument.split(' ');
  if (words.length !== count || !words.every((word) => /^[0-9]{1,10}$/.test(word))) {
    throw new Fault('pop3.syntax', count === 1 ? 'Expected a message number' : `Expected ${count} numbers`);
  }
  return words.map(Number);
}
