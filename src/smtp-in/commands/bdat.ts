// BDAT (RFC 3030 2): the message in counted chunks. The octets of a chunk are consumed whatever is wrong with it, so that none
// of them is ever read as a command (S06); each chunk gets exactly one reply (S04).

import { Fault, type Outcome } from '../../base/outcome.ts';
import { type ChunkCommand, parseChunkCommand } from '../../proto/smtp/command.ts';
import type { Command } from '../command.ts';
import { readOctets } from '../line-wait.ts';
import type { MessageReception } from '../message-reception.ts';
import { submitMessage } from '../message-verdict.ts';
import type { SmtpSession } from '../session.ts';
import type { Transaction } from '../transaction.ts';
import { assertHasRecipients } from './data.ts';

export const bdat: Command = {
  verb: 'BDAT',
  usage: 'BDAT size [LAST]',
  isIdle: false,
  async run(session, argument) {
    const chunk = expectChunk(argument);
    const problem = findProblem(session, chunk);
    if (problem !== undefined) return await dropChunk(session, chunk, problem);
    const transaction = session.expectTransaction();
    transaction.chunks ??= session.receive(transaction, false);
    try {
      await readChunk(session, transaction.chunks, chunk.sizeBytes);
      transaction.chunks.assertGood();
    } catch (error) {
      await session.endTransaction();
      throw error;
    }
    if (!chunk.last) {
      session.reply(250, '2.0.0', `${chunk.sizeBytes} octets received`);
      return;
    }
    session.transaction = undefined;
    try {
      await submitMessage(session, transaction, transaction.chunks);
    } finally {
      await transaction.chunks.discard();
    }
  },
};

/** A BDAT line that was refused before it was parsed: its octets are dropped, then the refusal is the reply. */
export async function refuseChunk(session: SmtpSession, argument: string, refusal: Fault): Promise<void> {
  await dropChunk(session, expectChunk(argument.replace(/[\0-\x1f]/g, ' ').trimEnd()), refusal);
}

function expectChunk(argument: string): ChunkCommand {
  const chunk = parseChunkCommand(argument);
  // Without the size the place in the stream is lost.
  if (chunk === undefined) throw new Fault('smtp.chunk_size', 'BDAT needs a size, closing the connection');
  return chunk;
}

function findProblem(session: SmtpSession, chunk: ChunkCommand): Outcome | undefined {
  try {
    if (!chunk.wellFormed) throw new Fault('smtp.bad_argument', 'Expected BDAT size [LAST]');
    const transaction: Transaction = session.expectTransaction();
    assertHasRecipients(transaction);
    if (chunk.sizeBytes > session.services.settings.get('smtp.maxMessageBytes')) throw tooLarge(session);
    transaction.chunks?.assertRoom(chunk.sizeBytes);
    return undefined;
  } catch (error) {
    return error as Outcome;
  }
}

function tooLarge(session: SmtpSession): Fault {
  const maxBytes = session.services.settings.get('smtp.maxMessageBytes');
  return new Fault('smtp.message_too_large', `Message is larger than ${maxBytes} octets`);
}

/** Reads past the octets, ends the transaction (RFC 3030 2: what follows a failed BDAT is refused), and throws. */
async function dropChunk(session: SmtpSession, chunk: ChunkCommand, problem: Outcome): Promise<never> {
  await session.endTransaction();
  const maxBytes = session.services.settings.get('smtp.maxMessageBytes');
  if (chunk.sizeBytes > 2 * maxBytes)
    throw new Fault('smtp.endless_message', problem.message, { cause: problem });
  const startedMs = session.services.clock.monotonicMs();
  let left = chunk.sizeBytes;
  while (left > 0) {
    const octets = session.input.take(left);
    if (octets === undefined) session.input.append(await readOctets(session, startedMs));
    else left -= octets.length;
  }
  throw problem;
}

async function readChunk(
  session: SmtpSession,
  reception: MessageReception,
  sizeBytes: number,
): Promise<void> {
  let left = sizeBytes;
  while (left > 0) {
    const octets = session.input.take(left);
    if (octets === undefined) {
      session.input.append(await readOctets(session, reception.startedMs));
      continue;
    }
    left -= octets.length;
    const { ready } = reception.push(octets);
    if (ready !== undefined) await ready;
  }
}
