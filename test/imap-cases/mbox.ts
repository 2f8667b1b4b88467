// Reads the mbox files beside scripted cases: messages with CRLF, and the date of each From_ line as INTERNALDATE (UTC unless it names a zone).

export interface MboxMessage {
  /** latin1 text with CRLF. */
  readonly octets: string;
  /** `date-time` without quotes. */
  readonly internalDate: string;
}

const fromLine = /^From \S+\s+\w{3} (\w{3}) +(\d+) (\d\d:\d\d:\d\d) (\d{4})(?: ([+-]\d{4}))?$/;

/** `text` is latin1 of the file. Throws when it does not begin with a From_ line. */
export function parseMbox(text: string): MboxMessage[] {
  const messages: MboxMessage[] = [];
  let lines: string[] | undefined;
  let internalDate = '';
  const finish = (): void => {
    if (lines !== undefined)
      messages.push({ octets: lines.map((line) => `${line}\r\n`).join(''), internalDate });
  };
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const match = fromLine.exec(line);
    if (match !== null) {
      finish();
      internalDate = `${match[2]!.padStart(2, ' ')}-${match[1]}-${match[4]} ${match[3]} ${match[5] ?? '+0000'}`;
      lines = [];
    } else if (lines === undefined) throw new Error('the mbox does not begin with a From_ line');
    else lines.push(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
  finish();
  return messages;
}
