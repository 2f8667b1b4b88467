// The SASL mechanisms of IMAP: one row each, ending in credentials. A dialogue is a chain of challenges and base64 lines.
//
// PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login). Acting for another user is refused. `*` cancels (RFC 9051 6.2.2).

import { Transient } from '../base/outcome.ts';
import { Secret } from '../base/secret.ts';
import { bad, refuse } from '../proto/imap/fault.ts';
import { decodeBase64, decodeText, parsePlain } from '../proto/sasl/plain.ts';
import type { Credentials } from './login.ts';

/** One exchange as a mechanism sees it. */
export class SaslDialogue {
  readonly #prompt: (challenge: string) => Promise<Buffer | undefined>;
  #initialResponse: string | undefined;

  /** `prompt` sends `+ challenge` and reads the line. */
  constructor(prompt: (challenge: string) => Promise<Buffer | undefined>, initialResponse?: string) {
    this.#prompt = prompt;
    this.#initialResponse = initialResponse;
  }

  /** The client's octets: the initial response if there is one, else what it answers to `challenge`. */
  async ask(challenge: string): Promise<Uint8Array> {
    const initial = this.#initialResponse;
    this.#initialResponse = undefined;
    // RFC 4959 3: "=" is an empty initial response.
    if (initial !== undefined) return initial === '=' ? new Uint8Array(0) : decodeBase64(initial);
    const line = await this.#prompt(Buffer.from(challenge).toString('base64'));
    if (line === undefined) throw new Transient('host.closed', 'the client left while logging in');
    const text = line.toString('latin1');
    if (text === '*') throw bad('Authentication cancelled');
    return decodeBase64(text);
  }
}

export interface SaslMechanism {
  readonly name: string;
  /** The password itself crosses the wire, so TLS is needed. */
  readonly sendsPassword: boolean;
  run(dialogue: SaslDialogue): Promise<Credentials>;
}

const plain: SaslMechanism = {
  name: 'PLAIN',
  sendsPassword: true,
  async run(dialogue) {
    const { authorization, login, password } = parsePlain(await dialogue.ask(''));
    if (authorization !== '' && authorization !== login) {
      throw refuse('imap.authorization', 'AUTHORIZATIONFAILED', 'Acting for another user is not allowed');
    }
    return { login, password };
  },
};

const login: SaslMechanism = {
  name: 'LOGIN',
  sendsPassword: true,
  async run(dialogue) {
    const name = decodeText(await dialogue.ask('Username:'));
    return { login: name, password: new Secret(decodeText(await dialogue.ask('Password:'))) };
  },
};

const mechanisms = new Map([plain, login].map((row) => [row.name, row]));

/** A mechanism by its name in capitals. */
export const findMechanism = (name: string): SaslMechanism | undefined => mechanisms.get(name);
