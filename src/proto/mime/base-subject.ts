// The base subject of RFC 5256 2.1: what is left of a Subject when "Re:", "Fwd:", list tags and "(fwd)" are taken away.
//
// Works on decoded text. Total; only the first `maxLength` characters count, so that a subject made of nothing but tags
// costs a bounded time.

export interface BaseSubject {
  readonly text: string;
  /** Something that marks a reply or a forwarded message was taken away. */
  readonly isReplyOrForward: boolean;
}

/** More than a header line may hold (RFC 5322 2.1.1); longer subjects are compared by their beginning. */
const maxLength = 1000;

const blanks = /[ \t\r\n]+/g;
const refwd = /^(?:re|fwd?)[ ]*(?:\[[^[\]]*\][ ]*)?:/i;
const blob = /^\[[^[\]]*\][ ]*/;
const forwardEnd = '(fwd)';
const forwardStart = '[fwd:';

/** Base subject of a decoded Subject field. */
export function baseSubject(subject: string): BaseSubject {
  let text = subject.slice(0, maxLength).replace(blanks, ' ');
  let isReplyOrForward = false;
  for (;;) {
    for (;;) {
      text = text.trimEnd();
      if (!text.toLowerCase().endsWith(forwardEnd)) break;
      text = text.slice(0, -forwardEnd.length);
      isReplyOrForward = true;
    }
    for (;;) {
      const before = text;
      const leader = withoutLeader(text);
      if (leader !== undefined) isReplyOrForward = true;
      text = (leader ?? text).trimStart();
      const tag = blob.exec(text);
      // Step 4: a tag goes only when something is left behind it.
      if (tag !== null && tag[0].length < text.length) text = text.slice(tag[0].length);
      if (text === before) break;
    }
    if (!text.toLowerCase().startsWith(forwardStart) || !text.endsWith(']'))
      return { text, isReplyOrForward };
    text = text.slice(forwardStart.length, -1).trimStart();
    isReplyOrForward = true;
  }
}

/** The text behind `*subj-blob subj-refwd`; undefined when it does not begin so. */
function withoutLeader(text: string): string | undefined {
  let rest = text.trimStart();
  for (let tag = blob.exec(rest); tag !== null; tag = blob.exec(rest)) rest = rest.slice(tag[0].length);
  const mark = refwd.exec(rest);
  return mark === null ? undefined : rest.slice(mark[0].length);
}
