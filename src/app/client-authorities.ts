// The certificates of auth.clientCaFile: read and checked at the start, so that a mistake in the file is told as one and not
// as a broken server certificate.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Permanent } from '../base/outcome.ts';

/** PEM of the authorities. Throws Permanent('config.client_authorities'). */
export async function readClientAuthorities(path: string): Promise<Buffer> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new Permanent('config.client_authorities', `auth.clientCaFile: ${cause.message}`, { cause });
  });
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new Permanent('config.client_authorities', `auth.clientCaFile: no certificate (PEM) in ${path}`);
  }
  for (const [index, block] of blocks.entries()) {
    const problem = problemOf(block);
    if (problem === undefined) continue;
    throw new Permanent(
      'config.client_authorities',
      `auth.clientCaFile: certificate ${index + 1} of ${path}: ${problem}`,
    );
  }
  return Buffer.from(blocks.join('\n'));
}

function problemOf(block: string): string | undefined {
  try {
    // A certificate that may not sign others would make nobody a user.
    return new X509Certificate(block).ca ? undefined : 'it is no certificate authority';
  } catch (error) {
    return (error as Error).message;
  }
}
