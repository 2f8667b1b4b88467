// Address fields as the FROM, TO, CC and BCC search keys see them.
//
// People search for `user@domain` although the header may say `user (comment) @ (other) domain`: RFC 5322 allows comments
// and white space around the specials. This form has neither. It is searched beside the field as written, so what it loses
// (blanks in quoted strings) is still found. Linear, total.

const backslash = 0x5c;
const quote = 0x22;
const openParen = 0x28;
const closeParen = 0x29;

/** The decoded field without comments and without blanks around `@`, `.`, `<`, `>`, `,`, `:` and `;`. */
export function addressText(field: string): string {
  let bare = '';
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let i = 0; i < field.length; i++) {
    const code = field.charCodeAt(i);
    if (code === backslash) {
      i++;
    } else if (depth === 0 && code === quote) {
      quoted = !quoted;
    } else if (!quoted && code === openParen) {
      if (depth === 0) bare += field.slice(from, i);
      depth++;
    } else if (!quoted && code === closeParen && depth > 0) {
      depth--;
      from = i + 1;
    }
  }
  if (depth === 0) bare += field.slice(from);
  // Two passes, each linear: blanks become one space first.
  return bare.replace(/[ \t]+/g, ' ').replace(/ ?([@.<>,:;]) ?/g, '$1');
}
