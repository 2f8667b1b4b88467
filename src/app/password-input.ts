// Where a password on the command line comes from: typed twice without echo, one line of standard input, or made up. Never
// an argument: every user of the machine can read those.

import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Permanent } from '../base/outcome.ts';
import type { Terminal } from './commands/command.ts';

/** Longest password: longer ones are pasted by accident, and hashing must stay bounded. */
const maxPasswordLength = 1000;

/** Letters and digits without those that look alike in print. */
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const generatedLength = 20;

/** A random password of about 115 bits. */
export function generatePassword(): string {
  return Array.from({ length: generatedLength }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** Asks at the terminal, or reads the first line of standard input. Throws Permanent('admin.bad_password'). */
export async function readPassword(who: string, { stdin, stderr }: Terminal): Promise<string> {
  if (stdin.isTTY !== true) return checked(await firstLine(stdin));
  const password = checked(await ask(`Password for ${who}: `, stdin, stderr));
  if ((await ask('Once more: ', stdin, stderr)) !== password)
    throw new Permanent('admin.bad_password', 'the two passwords differ');
  return password;
}

/** The first line of a stream without its line end; what follows is ignored. */
export async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes('\n') || text.length > maxPasswordLength + 2) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}

function checked(password: string): string {
  if (password === '') throw new Permanent('admin.bad_password', 'the password is empty');
  if (password.length > maxPasswordLength)
    throw new Permanent('admin.bad_password', `the password has more than ${maxPasswordLength} characters`);
  // Clients cannot send a NUL (RFC 4616 2), and nobody types other control characters on purpose.
  if (/[\u0000-\u001f\u007f]/.test(password))
    throw new Permanent('admin.bad_password', 'the password contains a control character');
  return password;
}

/** One question with the echo swallowed. */
function ask(question: string, input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: silent, terminal: true });
  output.write(question);
  return new Promise((resolve, reject) => {
    reader.once('SIGINT', () => reject(new Permanent('admin.bad_password', 'interrupted')));
    reader.once('close', () => reject(new Permanent('admin.bad_password', 'no password was given')));
    reader.question('', resolve);
  }).finally(() => {
    reader.close();
    output.write('\n');
  }) as Promise<string>;
}
