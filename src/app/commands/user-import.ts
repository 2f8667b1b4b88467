// tegu user import: users of another server, with their password hashes, in one step: all of them or none.

import { Permanent } from '../../base/outcome.ts';
import { editUserFile } from '../../directory/json/user-file.ts';
import { findIssue, type UserRecord } from '../../directory/json/user-record.ts';
import { normalAddress } from '../../proto/address/mailbox.ts';
import { readInput } from '../input-file.ts';
import type { Site } from '../site.ts';
import { classifyStored } from '../stored-hash.ts';
import {
  guessFormat,
  type ListedUser,
  type ListFormat,
  type ListProblem,
  parseUserList,
} from '../user-list-file.ts';
import { addressArgument } from './alias.ts';
import { argument, type Command, type CommandLine, flagOption, textOption, UsageError } from './command.ts';

/** Problems that are printed; the rest is counted. */
const maxShownProblems = 20;

export const userImport: Command = {
  words: 'user import',
  usage: 'FILE|- [options]',
  summary: 'add users of a JSON, CSV or passwd file with their password hashes',
  help: [
    '--format FORMAT      json, csv or passwd (default: by the look of the file)',
    '--domain DOMAIN      added to names without @',
    '--update             replace users that exist (default: that is a problem)',
    '--skip-existing      leave users that exist as they are',
    '--plain              passwords without a scheme are plain text: hash them',
    '--skip-bad           import the others when some have problems',
    '--check              only report',
    'CSV has a header line with the columns address, password, name, aliases, quota, messages,',
    'enabled, admin in any order. passwd lines are user:{SCHEME}hash:uid:gid:name:...',
  ],
  options: {
    format: { type: 'string' },
    domain: { type: 'string' },
    update: { type: 'boolean' },
    'skip-existing': { type: 'boolean' },
    plain: { type: 'boolean' },
    'skip-bad': { type: 'boolean' },
    check: { type: 'boolean' },
  },
  arguments: [1, 1],
  run: runImport,
};

async function runImport(line: CommandLine, site: Site): Promise<{ json: unknown; text: string }> {
  if (flagOption(line, 'update') && flagOption(line, 'skip-existing'))
    throw new UsageError('--update and --skip-existing exclude each other');
  const text = await readInput(argument(line, 0), line.terminal);
  const list = parseUserList(text, formatOf(line, text));
  const problems: ListProblem[] = [...list.problems];
  const candidates = list.users.flatMap((user) => normalUser(user, line, problems));
  await checkDomains(site, candidates, problems);
  checkTwice(candidates, problems);
  stopAt(problems, line);
  const users = await makeRecords(site, withoutBad(candidates, problems));
  if (flagOption(line, 'check')) {
    return { json: { valid: users.length, problems }, text: `${users.length} users can be imported` };
  }
  const counts = await editUserFile((await site.paths()).users, (existing) => merge(existing, users, line));
  await site.notify('directory');
  const hashed = candidates.filter((candidate) => candidate.plain !== undefined).length;
  return {
    json: { ...counts, hashed, problems },
    text: [
      `${counts.added} users added, ${counts.updated} replaced, ${counts.skipped} left as they were`,
      ...(problems.length === 0 ? [] : [`${problems.length} left out:`, ...shown(problems)]),
    ].join('\n'),
  };
}

interface Candidate {
  readonly line: number;
  readonly record: UserRecord;
  /** A plain password that still has to be hashed. */
  readonly plain: string | undefined;
}

/** The user in normal form, or nothing and a problem more. */
function normalUser(user: ListedUser, line: CommandLine, problems: ListProblem[]): Candidate[] {
  const domain = textOption(line, 'domain');
  const full = (written: string): string =>
    normalAddress(
      addressArgument(written.includes('@') || domain === undefined ? written : `${written}@${domain}`),
    );
  try {
    const password = passwordOf(user.stored, flagOption(line, 'plain'));
    const { name, quotaBytes, quotaMessages, enabled, admin } = user;
    const { scram } = password.hash === undefined ? { scram: undefined } : user;
    const facts = { name, quotaBytes, quotaMessages, enabled, admin, password: password.hash, scram };
    const aliases = [...new Set(user.aliases.map(full))];
    const record = {
      address: full(user.address),
      ...(aliases.length === 0 ? {} : { aliases }),
      ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
    };
    const issue = findIssue(record);
    if (issue !== undefined) throw new UsageError(`${issue.field}: expected ${issue.expected}`);
    return [{ line: user.line, record, plain: password.plain }];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    problems.push({ line: user.line, problem: `${user.address}: ${error.message}` });
    return [];
  }
}

function passwordOf(stored: string | undefined, isPlain: boolean): { hash?: string; plain?: string } {
  // `!` and `*` lock an account in passwd files.
  if (stored === undefined || /^[!*x]{1,2}$/.test(stored)) return {};
  const found = classifyStored(stored);
  if (found.kind === 'hash') return { hash: found.hash };
  if (found.kind === 'plain') return { plain: found.password };
  if (found.scheme === 'none' && isPlain) return { plain: stored };
  throw new UsageError(
    found.scheme === 'none'
      ? 'the password has no scheme; plain text needs --plain'
      : `passwords of scheme ${found.scheme} cannot be checked here`,
  );
}

async function checkDomains(
  site: Site,
  candidates: readonly Candidate[],
  problems: ListProblem[],
): Promise<void> {
  const { document } = await site.document();
  const known = new Set<string>(document.domains.map((domain) => domain.name));
  for (const { line, record } of candidates) {
    for (const address of [record.address, ...(record.aliases ?? [])]) {
      const domain = address.slice(address.lastIndexOf('@') + 1);
      if (known.has(domain)) continue;
      problems.push({ line, problem: `${address}: ${domain} is no domain of this server` });
      break;
    }
  }
}

/** An address that stands twice in the list: which of the two is right, only a person knows. */
function checkTwice(candidates: readonly Candidate[], problems: ListProblem[]): void {
  const lines = new Map<string, number>();
  for (const { line, record } of candidates) {
    for (const address of [record.address, ...(record.aliases ?? [])]) {
      const other = lines.get(address);
      if (other !== undefined && other !== line)
        problems.push({ line, problem: `${address}: stands in line ${other} too` });
      lines.set(address, line);
    }
  }
}

function withoutBad(candidates: readonly Candidate[], problems: readonly ListProblem[]): Candidate[] {
  const bad = new Set(problems.map(({ line }) => line));
  return candidates.filter(({ line }) => !bad.has(line));
}

function stopAt(problems: readonly ListProblem[], line: CommandLine): void {
  if (problems.length === 0 || flagOption(line, 'skip-bad')) return;
  throw new Permanent('admin.bad_list', ['nothing was imported:', ...shown(problems)].join('\n'));
}

function shown(problems: readonly ListProblem[]): string[] {
  const lines = problems.slice(0, maxShownProblems).map(({ line, problem }) => `  ${line}: ${problem}`);
  const more = problems.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

async function makeRecords(site: Site, candidates: readonly Candidate[]): Promise<UserRecord[]> {
  const records: UserRecord[] = [];
  for (const { record, plain } of candidates)
    records.push(plain === undefined ? record : { ...record, ...(await site.passwordFields(plain)) });
  return records;
}

interface Counts {
  readonly added: number;
  readonly updated: number;
  readonly skipped: number;
}

function merge(
  existing: readonly UserRecord[],
  users: readonly UserRecord[],
  line: CommandLine,
): [UserRecord[], Counts] {
  const byAddress = new Map(existing.map((user) => [user.address, user]));
  let [added, updated, skipped] = [0, 0, 0];
  for (const user of users) {
    const known = byAddress.get(user.address);
    if (known === undefined) added += 1;
    else if (flagOption(line, 'update')) updated += 1;
    else if (flagOption(line, 'skip-existing')) {
      skipped += 1;
      continue;
    } else {
      throw new Permanent(
        'admin.user_exists',
        `there is a user ${user.address} already; nothing was imported (--update or --skip-existing)`,
      );
    }
    byAddress.set(user.address, mergeUser(known, user));
  }
  return [[...byAddress.values()], { added, updated, skipped }];
}

/** A verifier of a password that is replaced goes with it. */
function mergeUser(known: UserRecord | undefined, user: UserRecord): UserRecord {
  if (known === undefined) return user;
  const { scram, ...rest } = known;
  return { ...(user.password === undefined ? known : rest), ...user };
}

function formatOf(line: CommandLine, text: string): ListFormat {
  const format = textOption(line, 'format') ?? guessFormat(text);
  if (format === 'json' || format === 'csv' || format === 'passwd') return format;
  throw new UsageError(`--format: expected json, csv or passwd, got ${format}`);
}
