// THREAD and UID THREAD (RFC 5256): ORDEREDSUBJECT, REFERENCES, and REFS (draft-ietf-morg-inthread).

import { bad } from '../../proto/imap/fault.ts';
import { expectThread, type ThreadArguments } from '../../proto/imap/sort-arguments.ts';
import { type Command, command, ok, onlySelected } from '../command.ts';
import { searchCode } from '../message-set.ts';
import { mimeLimits } from '../mime-limits.ts';
import { searchCharset } from '../search/charset.ts';
import { checkSearch } from '../search/search-command.ts';
import { runSearch } from '../search/search-run.ts';
import { selectedScope } from '../search/search-scope.ts';
import type { ImapSession } from '../session.ts';
import type { Pausing } from '../sort/sort-run.ts';
import { threadList } from '../sort/thread-answer.ts';
import { type ThreadMessage, type ThreadNode, threadByReferences } from '../sort/thread-references.ts';
import { threadBySubject } from '../sort/thread-subject.ts';
import { TimeSlice } from '../time-slice.ts';

type Algorithm = (
  messages: readonly ThreadMessage[],
  slice: Pausing,
) => Promise<readonly ThreadNode[]> | readonly ThreadNode[];

const algorithms: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['ORDEREDSUBJECT', threadBySubject],
  [
    'REFERENCES',
    (messages, slice) => threadByReferences(messages, { joinsSubjects: true, byNewest: false }, slice),
  ],
  [
    'REFS',
    (messages, slice) => threadByReferences(messages, { joinsSubjects: false, byNewest: true }, slice),
  ],
]);

function row(name: string, byUid: boolean): Command {
  return command<ThreadArguments>({
    name,
    usesSeqs: !byUid,
    states: onlySelected,
    announce: byUid ? 'all' : 'no-expunge',
    parse(tokens) {
      const charset = (label: string | undefined) => searchCharset(label, tokens.options.utf8);
      return expectThread(tokens, { charset });
    },
    async run(session, args) {
      const algorithm = algorithms.get(args.algorithm);
      if (algorithm === undefined || !session.isOn(`THREAD=${args.algorithm}`))
        throw bad('Unknown algorithm');
      checkSearch(session, args);
      session.untagged(`THREAD ${await threads(session, args, algorithm, byUid)}`.trimEnd());
      return ok('Thread completed', searchCode(session, byUid));
    },
  });
}

/** Copied between two looks at the clock. */
const messagesPerStep = 1000;

async function threads(
  session: ImapSession,
  args: ThreadArguments,
  algorithm: Algorithm,
  byUid: boolean,
): Promise<string> {
  const selected = session.selection;
  await selected.catchUp();
  const scope = selectedScope(selected);
  const { uids } = await runSearch(session, scope, args.key, false);
  const facts = await scope.mailbox.threadFacts(uids, mimeLimits(session));
  const numbers = byUid ? uids : scope.seqsOf(uids);
  const slice = new TimeSlice(session.connection.closed);
  const messages: ThreadMessage[] = [];
  for (const [at, fact] of facts.entries()) {
    messages.push({ ...fact, number: numbers[at]! });
    if (at % messagesPerStep === 0) await slice.pause();
  }
  return threadList(await algorithm(messages, slice));
}

export const thread = row('THREAD', false);
export const uidThread = row('UID THREAD', true);
