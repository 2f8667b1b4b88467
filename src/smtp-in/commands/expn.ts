// EXPN (RFC 5321 3.5, 7.3): membership of lists is nobody's business; not offered, so 502.

import { Fault } from '../../base/outcome.ts';
import type { Command } from '../command.ts';

export const expn: Command = {
  verb: 'EXPN',
  usage: 'EXPN list (not offered)',
  isIdle: true,
  run() {
    throw new Fault('smtp.not_offered', 'EXPN is not offered');
  },
};
