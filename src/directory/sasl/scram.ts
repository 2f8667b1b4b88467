// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the client proves the password without sending it, the server
// proves that it knows the verifier, and PLUS ties both to the TLS connection.
//
// Unknown users, and users without a verifier, get the whole exchange with a salt that stays the same, and fail at the proof
// as a wrong password does. A client that says it could bind but was not offered to (`y`) is refused when it was: somebody
// in the middle took PLUS out of the announcement (RFC 5802 6).

import { timingSafeEqual } from 'node:crypto';
import { Bug, Fault } from '../../base/outcome.ts';
import {
  type BindingFlag,
  type ClientFinal,
  type ClientFirst,
  formatServerFinal,
  formatServerFirst,
  parseClientFinal,
  parseClientFirst,
} from '../../proto/sasl/scram.ts';
import type { ScramCredentials, ScramVerifier } from '../user-source.ts';
import { authorize } from './authorization.ts';
import {
  type BindingType,
  isPlausible,
  refused,
  type SaslChannel,
  type SaslContext,
  type SaslExchange,
  type SaslMechanism,
  type SaslOutcome,
  type SaslServices,
  type SaslStep,
} from './mechanism.ts';
import { fakeVerifier, isRightProof, serverSignature } from './scram-keys.ts';

/** Octets of our part of the nonce. */
const nonceBytes = 18;

const bindingTypes: readonly BindingType[] = ['tls-exporter', 'tls-server-end-point'];

const hasBinding = (channel: SaslChannel): boolean =>
  bindingTypes.some((type) => channel.binding(type) !== undefined);

/** `auto`: only where nobody would be locked out, since clients prefer SCRAM when it is offered. */
function isScramOn({ settings, directory }: SaslServices): boolean {
  const mode = settings.get('auth.scram');
  return mode === 'always' || (mode === 'auto' && directory.allHaveScram);
}

export const scramSha256: SaslMechanism = {
  name: 'SCRAM-SHA-256',
  isAvailable: isScramOn,
  begin: (context) => new ScramExchange(context, false),
};

export const scramSha256Plus: SaslMechanism = {
  name: 'SCRAM-SHA-256-PLUS',
  isAvailable: (services, channel) => isScramOn(services) && hasBinding(channel),
  begin: (context) => new ScramExchange(context, true),
};

interface Opened {
  readonly first: ClientFirst;
  readonly serverFirst: string;
  readonly nonce: string;
  readonly verifier: ScramVerifier;
  readonly found: ScramCredentials | undefined;
}

class ScramExchange implements SaslExchange {
  readonly firstChallenge = '';
  readonly #context: SaslContext;
  readonly #isPlus: boolean;
  #opened: Opened | undefined;
  #outcome: SaslOutcome | undefined;

  constructor(context: SaslContext, isPlus: boolean) {
    this.#context = context;
    this.#isPlus = isPlus;
  }

  async step(response: Uint8Array): Promise<SaslStep> {
    if (this.#outcome !== undefined) {
      // The client has seen our signature and has nothing more to say.
      if (response.length > 0) throw new Fault('sasl.malformed', 'Expected an empty response');
      return this.#outcome;
    }
    return this.#opened === undefined
      ? await this.#open(parseClientFirst(response))
      : await this.#close(this.#opened, parseClientFinal(response));
  }

  async #open(first: ClientFirst): Promise<SaslStep> {
    const { services } = this.#context;
    if (!isPlausible(first.login)) return refused('malformed', first.login, '');
    if (!this.#isRightFlag(first.binding)) return refused('binding', first.login, first.gs2Header);
    const { address, found } = await services.directory.scramCredentials(first.login);
    const iterations = services.settings.get('auth.scramIterations');
    const verifier = found?.verifier ?? fakeVerifier(services.installationKey, address, iterations);
    const nonce = first.nonce + Buffer.from(services.random.bytes(nonceBytes)).toString('base64');
    const salt = Buffer.from(verifier.salt).toString('base64');
    const serverFirst = formatServerFirst(nonce, salt, verifier.iterations);
    this.#opened = { first, serverFirst, nonce, verifier, found };
    return { kind: 'challenge', octets: Buffer.from(serverFirst) };
  }

  #isRightFlag(flag: BindingFlag): boolean {
    if (this.#isPlus) return flag.kind === 'used';
    return flag.kind === 'unsupported' || (flag.kind === 'unused' && !this.#context.offersPlus);
  }

  async #close(opened: Opened, final: ClientFinal): Promise<SaslStep> {
    const { first, verifier, found, nonce, serverFirst } = opened;
    // RFC 5802 5.1: the whole nonce comes back, ours included.
    if (final.nonce !== nonce) throw new Fault('sasl.malformed', 'Malformed SCRAM message: wrong nonce');
    if (!isEqual(final.binding, this.#expectedBinding(first))) {
      return refused('binding', first.login, first.nonce);
    }
    const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
    const isRight = isRightProof(verifier, authMessage, final.proof);
    // Each wrong proof looks different, so each counts as another attempt.
    if (!isRight || found === undefined) return refused(found ? 'password' : 'unknown', first.login, nonce);
    const { account } = found;
    const { login, authorization } = first;
    const attempt = refused('password', login, nonce).attempt;
    const outcome = await authorize(this.#context.services, { account, login, authorization, attempt });
    if (outcome.kind === 'refused') return outcome;
    this.#outcome = outcome;
    return {
      kind: 'challenge',
      octets: Buffer.from(formatServerFinal(serverSignature(verifier, authMessage))),
    };
  }

  #expectedBinding(first: ClientFirst): Uint8Array {
    const header = Buffer.from(first.gs2Header);
    if (first.binding.kind !== 'used') return header;
    const type = bindingTypes.find((one) => first.binding.kind === 'used' && one === first.binding.type);
    const data = type === undefined ? undefined : this.#context.channel.binding(type);
    // RFC 5802 6: a type that we do not have fails like wrong data.
    return data === undefined ? new Uint8Array(0) : Buffer.concat([header, data]);
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (b.length === 0 && a.length === 0) throw new Bug('a GS2 header is never empty');
  return a.length === b.length && timingSafeEqual(a, b);
}
