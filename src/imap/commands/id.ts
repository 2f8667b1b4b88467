// ID (RFC 2971): who the client says it is goes to the log; we say our name and no version, which would help only attackers.

import { bad } from '../../proto/imap/fault.ts';
import type { TokenReader } from '../../proto/imap/token-reader.ts';
import { anyState, command, ok } from '../command.ts';

/** RFC 2971 3.3: at most 30 pairs, names of 30 and values of 1024 octets. */
const maxPairs = 30;
const maxNameBytes = 30;
const maxValueBytes = 1024;
/** Octets of a value that reach the log. */
const loggedBytes = 80;

type ClientFields = ReadonlyMap<string, string>;

function parseId(tokens: TokenReader): ClientFields {
  const fields = new Map<string, string>();
  tokens.expectSpace('parameter list');
  if (!tokens.takeWord('NIL')) {
    const values = tokens.expectList('parameter list', () => tokens.expectNstring('string or NIL'), true);
    if (values.length % 2 !== 0) throw bad('Parameter without a value');
    if (values.length > maxPairs * 2) throw bad(`More than ${maxPairs} parameters`);
    for (let i = 0; i < values.length; i += 2) {
      const name = values[i]?.toString('latin1');
      const value = values[i + 1];
      if (name === undefined || name.length > maxNameBytes) throw bad('Invalid parameter name');
      if (value !== undefined && value.length > maxValueBytes) throw bad('Parameter value is too long');
      if (fields.has(name.toLowerCase())) throw bad('Parameter occurs twice');
      fields.set(name.toLowerCase(), value?.toString('utf8') ?? '');
    }
  }
  tokens.expectEnd();
  return fields;
}

export const id = command<ClientFields>({
  name: 'ID',
  states: anyState,
  announce: 'all',
  capability: 'ID',
  parse: parseId,
  async run(session, fields) {
    session.log.debug('imap.client', {
      name: fields.get('name')?.slice(0, loggedBytes),
      version: fields.get('version')?.slice(0, loggedBytes),
      os: fields.get('os')?.slice(0, loggedBytes),
    });
    session.client = [fields.get('name'), fields.get('version')].filter((text) => text).join(' ');
    session.applyCapabilityRules();
    session.untagged('ID ("name" "Tegu")');
    return ok('ID completed');
  },
});
