// A mistake of the client as the reply it earns: BAD for what the grammar forbids, NO for what we refuse to do.
//
// Thrown from any depth of parsing or work, caught once per command by the session, which sends `text` after the tag. The
// text never repeats what the client sent: that would carry its octets into logs and into other clients' screens.

import { Fault, type OutcomeOptions } from '../../base/outcome.ts';

export class ImapFault extends Fault {
  readonly status: 'NO' | 'BAD';
  /** Response code without brackets (`TOOBIG`, `NONEXISTENT`), undefined for none. */
  readonly responseCode: string | undefined;

  constructor(
    code: string,
    status: 'NO' | 'BAD',
    responseCode: string | undefined,
    text: string,
    options: OutcomeOptions = {},
  ) {
    super(code, text, options);
    this.status = status;
    this.responseCode = responseCode;
  }
}

/** The command breaks the grammar: tagged BAD (RFC 9051 7.1.3). `text` is one English sentence without a full stop. */
export function bad(text: string, responseCode?: string): ImapFault {
  return new ImapFault('imap.syntax', 'BAD', responseCode, text);
}

/** The command is understood and refused: tagged NO (RFC 9051 7.1.2). `code` is our error code, `imap.…`. */
export function refuse(code: string, responseCode: string | undefined, text: string): ImapFault {
  return new ImapFault(code, 'NO', responseCode, text);
}
