// A message that arrives as literal8 (RFC 3516 4.4): spooled, looked at, and re-encoded when it holds NUL.
//
// The spool decides between memory and a file, so a large message costs no heap. Whoever gets a BinaryMessage releases it.

import type { MessageBody } from '../base/message-body.ts';
import type { BodySpool } from '../host/body-spool.ts';
import { describeFile, describeMessage, type MimeDescription } from '../native/mime.ts';
import { holdsNul, type Patch, planRewrite, rewrite, rewrittenSize } from './binary-rewrite.ts';
import { mimeLimits } from './mime-limits.ts';
import type { ImapSession } from './session.ts';

/** A message as it is stored. */
export interface BinaryMessage {
  readonly sizeBytes: number;
  octets(): AsyncIterable<Uint8Array>;
  release(): Promise<void>;
}

let lastSpool = 0;

/** Takes the whole literal in. Throws what reading it and the spool throw; nothing is left behind then. */
export async function receiveBinary(
  session: ImapSession,
  octets: AsyncIterable<Uint8Array>,
): Promise<BinaryMessage> {
  const spool = session.services.spools.create(`imap-${++lastSpool}`);
  let withNul = false;
  try {
    for await (const chunk of octets) {
      withNul ||= holdsNul(chunk);
      await spool.write(chunk);
    }
    return await finish(session, spool, withNul);
  } catch (error) {
    await spool.discard();
    throw error;
  }
}

async function finish(session: ImapSession, spool: BodySpool, withNul: boolean): Promise<BinaryMessage> {
  const body = await spool.finish();
  try {
    const patches: Patch[] = withNul
      ? await planRewrite(await describe(session, body), () => body.chunks())
      : [];
    return {
      sizeBytes: rewrittenSize(body.sizeBytes, patches),
      octets: () => (patches.length === 0 ? body.chunks() : rewrite(body.chunks(), patches)),
      release: () => body.release(),
    };
  } catch (error) {
    await body.release();
    throw error;
  }
}

function describe(session: ImapSession, body: MessageBody): Promise<MimeDescription> | MimeDescription {
  const limits = mimeLimits(session);
  return body.path === undefined
    ? describeMessage(Buffer.concat(body.memory ?? [], body.sizeBytes), limits)
    : describeFile(body.path, false, limits);
}
