// Bounds of MIME parsing for the calls of one command, from the settings in force.

import type { MimeLimits } from '../native/mime.ts';
import type { ImapSession } from './session.ts';

export function mimeLimits(session: ImapSession): MimeLimits {
  const { settings } = session.services;
  return {
    maxParts: settings.get('mime.maxParts'),
    maxDepth: settings.get('mime.maxDepth'),
    maxHeaderBytes: settings.get('mime.maxHeaderBytes'),
  };
}
