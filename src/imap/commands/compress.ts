// COMPRESS DEFLATE (RFC 4978): both directions are compressed from the octet after the tagged OK.
//
// Lasts as long as the connection. A second COMPRESS is BAD, STARTTLS afterwards is refused: compression lies above TLS.

import { bad } from '../../proto/imap/fault.ts';
import { afterLogin, command, ok } from '../command.ts';

export const compress = command<string>({
  name: 'COMPRESS',
  states: afterLogin,
  announce: 'none',
  capability: 'COMPRESS=DEFLATE',
  parse(tokens) {
    tokens.expectSpace('compression mechanism');
    const mechanism = tokens.expectRawAtom('compression mechanism').toUpperCase();
    tokens.expectEnd();
    return mechanism;
  },
  async run(session, mechanism) {
    // RFC 4978 3: BAD for an unknown mechanism, and when COMPRESS is active already.
    if (mechanism !== 'DEFLATE') throw bad('Unknown compression mechanism');
    if (session.isCompressed) throw bad('DEFLATE is active already', 'COMPRESSIONACTIVE');
    return { ...ok('DEFLATE begins now'), after: async () => session.compress() };
  },
});
