// The octets of one message on their way from the wire to the spool, for DATA (dotted) and BDAT.
//
// Looks at every octet once, in the native scanner. What must be refused is refused only at the end of the message: the
// end has to be found in any case, and a reply before it would be taken for the answer to something else. From the moment a
// refusal is certain nothing is kept any more. Owns the spool until finish() or discard().

import type { MessageBody } from '../base/message-body.ts';
import { Fault, Outcome } from '../base/outcome.ts';
import type { BodySpool, SpoolArea } from '../host/body-spool.ts';
import { type BareLineEnd, DataScanner } from '../native/smtp-scanner.ts';

export interface ReceptionLimits {
  readonly maxBytes: number;
  readonly bareLineEnds: BareLineEnd;
  readonly maxReceivedFields: number;
  /** BODY=BINARYMIME: every octet is content (RFC 3030 3). */
  readonly binary: boolean;
}

export class MessageReception {
  readonly #limits: ReceptionLimits;
  readonly #scanner: DataScanner;
  readonly #spool: BodySpool;
  #sizeBytes = 0;
  /** First reason to refuse that is already certain. */
  #failure: Outcome | undefined;

  /** Monotonic ms. */
  readonly startedMs: number;

  /** `dotted`: DATA rules. `id` names the spool file. */
  constructor(spools: SpoolArea, id: string, dotted: boolean, limits: ReceptionLimits, startedMs: number) {
    this.startedMs = startedMs;
    this.#limits = limits;
    this.#scanner = new DataScanner(limits.bareLineEnds, dotted);
    this.#spool = spools.create(id);
  }

  /** Message octets so far, dropped ones included. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Takes octets. `used` is less than their number when the message ended inside them; wait for `ready` before the next push.
   * Throws Fault('smtp.endless_message') when a message that is too large goes on for as long again: the session closes.
   */
  push(octets: Uint8Array): { used: number; done: boolean; ready: Promise<void> | undefined } {
    const step = this.#scanner.push(octets);
    this.#sizeBytes += step.output.length;
    const { maxBytes } = this.#limits;
    if (this.#sizeBytes > maxBytes) {
      if (this.#sizeBytes > 2 * maxBytes) throw new Fault('smtp.endless_message', 'Message too large');
      this.#failure ??= tooLarge(maxBytes);
    }
    return { used: step.consumed, done: step.done, ready: this.#keep(step.output) };
  }

  #keep(output: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return this.#spool.sizeBytes > 0 ? this.#spool.discard() : undefined;
    return this.#spool.write(output)?.catch((error) => {
      if (!(error instanceof Outcome)) throw error;
      // A full disk: read on to the end of the message, then say so.
      this.#failure = error;
    });
  }

  /** Refuses a chunk that cannot fit before it is read (RFC 3030 2, RFC 1870 6). */
  assertRoom(moreBytes: number): void {
    if (this.#sizeBytes + moreBytes > this.#limits.maxBytes) throw tooLarge(this.#limits.maxBytes);
  }

  /** The failure that is certain by now. */
  assertGood(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends the message: throws what speaks against it, or hands over the body. */
  async finish(): Promise<MessageBody> {
    this.assertGood();
    const facts = this.#scanner.facts(true);
    const { bareLineEnds, maxReceivedFields, binary } = this.#limits;
    if ((facts.bareCr || facts.bareLf) && bareLineEnds === 'refuse' && !binary) {
      // RFC 5321 2.3.8: CR and LF must not be sent other than as CRLF; accepting them invites SMTP smuggling (S01).
      throw new Fault('smtp.bad_line_ends', 'Message has CR or LF outside of CRLF line ends');
    }
    if (facts.receivedCount >= maxReceivedFields) {
      // RFC 5321 6.3: loop detection by counting Received fields.
      throw new Fault('smtp.mail_loop', 'Message runs in a circle: too many Received fields', {
        detail: { received: facts.receivedCount },
      });
    }
    return await this.#spool.finish();
  }

  /** Drops what was kept; harmless after finish() has handed it over. */
  async discard(): Promise<void> {
    await this.#spool.discard();
  }
}

function tooLarge(maxBytes: number): Fault {
  return new Fault('smtp.message_too_large', `Message is larger than ${maxBytes} octets`);
}
