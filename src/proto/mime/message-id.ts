// Message identifiers as threading compares them (RFC 5256 3, RFC 5322 3.6.4): what stands between `<` and `>`, normalised.
//
// Quoted local parts that need no quotes lose them, white space inside goes. Total and linear; what is no identifier is
// skipped. At most `maxIdentifiers` are taken, the last ones, which lie nearest to the message.

/** More than any thread that people write; a References field of megabytes must not cost more. */
const maxIdentifiers = 500;
/** Longer ones are no identifiers that a program made. */
const maxLength = 1000;

/** Identifiers in the order of the field. */
export function messageIds(field: string): string[] {
  const found: string[] = [];
  for (let from = field.indexOf('<'); from >= 0; ) {
    const to = field.indexOf('>', from);
    if (to < 0) break;
    // A `<` inside begins anew: what stood before was no identifier.
    const start = field.lastIndexOf('<', to) + 1;
    const id = to - start > maxLength ? '' : normalise(field.slice(start, to));
    if (id !== '') found.push(id);
    from = field.indexOf('<', to);
  }
  return found.slice(-maxIdentifiers);
}

function normalise(text: string): string {
  const bare = text.replace(/[ \t\r\n]+/g, '');
  const quoted = /^"((?:[^"\\]|\\.)*)"@(.*)$/.exec(bare);
  if (quoted === null) return bare;
  const local = (quoted[1] ?? '').replace(/\\(.)/g, '$1');
  return `${local}@${quoted[2]}`;
}
