// Where in a JSON text a value stands, for error messages: `users[3].aliases` → line 17.
//
// Only used after the text has parsed, so it may trust the syntax. One pass, no recursion.

/** Line (from 1) of element `index` of the array under top-level key `key`, or of that element's `field`. */
export function lineOfElement(text: string, key: string, index: number, field: string): number {
  const array = findKey(text, skipSpace(text, 0) + 1, key);
  if (array < 0) return 1;
  let at = skipSpace(text, array + 1);
  for (let i = 0; i < index && at < text.length; i++)
    at = skipSpace(text, skipSpace(text, skipValue(text, at)) + 1);
  if (field !== '' && text[at] === '{') {
    const value = findKey(text, at + 1, field);
    if (value >= 0) at = value;
  }
  return lineOf(text, at);
}

/** Line (from 1) of an offset. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Offset of the value of `key` in the object whose first member starts at or after `from`; -1 when absent. */
function findKey(text: string, from: number, key: string): number {
  let at = skipSpace(text, from);
  while (text[at] === '"') {
    const end = skipValue(text, at);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (JSON.parse(text.slice(at, end)) === key) return value;
    at = skipSpace(text, skipValue(text, value));
    if (text[at] !== ',') return -1;
    at = skipSpace(text, at + 1);
  }
  return -1;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

/** Offset behind the value that starts at `from`. */
function skipValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      at = skipString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && character === ',') return at;
    at += 1;
  }
  return at;
}

function skipString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
