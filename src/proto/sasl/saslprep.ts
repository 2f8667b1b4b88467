// SASLprep (RFC 4013) of a password, as SCRAM clients do it before they derive keys from it.
//
// Refuses what the profile prohibits. The rule about mixed writing directions (RFC 3454 6) is left to the client: it would
// refuse such a password itself, and then never comes here with it.

type Ranges = readonly (readonly [number, number])[];

/** RFC 3454 C.1.2: spaces other than the ASCII one, which they become. */
const otherSpaces: Ranges = [
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200b],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
];

/** RFC 3454 B.1: commonly mapped to nothing. */
const mappedToNothing: Ranges = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x1806, 0x1806],
  [0x180b, 0x180d],
  [0x200c, 0x200d],
  [0x2060, 0x2060],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
];

/** RFC 4013 2.3 beside controls, private use, surrogates and non-characters, which the regular expression knows. */
const prohibited: Ranges = [
  [0x340, 0x341],
  [0x6dd, 0x6dd],
  [0x70f, 0x70f],
  [0x180e, 0x180e],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2061, 0x2063],
  [0x206a, 0x206f],
  [0x2ff0, 0x2ffb],
  [0xfff9, 0xfffd],
  [0x1d173, 0x1d17a],
  [0xe0001, 0xe0001],
  [0xe0020, 0xe007f],
];
const prohibitedClasses = /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}]/u;

const isIn = (ranges: Ranges, codePoint: number): boolean =>
  ranges.some(([first, last]) => codePoint >= first && codePoint <= last);

/** The prepared text, or undefined when it is empty or holds what the profile prohibits. */
export function saslPrep(text: string): string | undefined {
  // Printable ASCII is its own result: nearly every password.
  if (/^[ -~]+$/.test(text)) return text;
  const mapped = [...text].map((character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    if (isIn(mappedToNothing, codePoint)) return '';
    return isIn(otherSpaces, codePoint) ? ' ' : character;
  });
  const prepared = mapped.join('').normalize('NFKC');
  if (prepared === '' || prohibitedClasses.test(prepared)) return undefined;
  for (const character of prepared) if (isIn(prohibited, character.codePointAt(0) ?? 0)) return undefined;
  return prepared;
}
