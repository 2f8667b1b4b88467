// xtext (RFC 3461 4): printable ASCII with `+HH` for octets that may not stand in an ESMTP value.

/** Decodes to latin1 text, one character an octet; undefined when the text is no xtext. */
export function decodeXtext(text: string): string | undefined {
  // RFC 3461 4: xchar = "!".."~" except "+" and "="; hexchar = "+" and two upper-case hexadecimal digits.
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/.test(text)) return undefined;
  return text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Encodes latin1 text. */
export function encodeXtext(text: string): string {
  return text.replace(
    /[^!-*,-<>-~]/g,
    (character) => `+${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
