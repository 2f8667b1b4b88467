// tegu config get|set|export|import|history|rollback: the settings and their revisions.

import { Permanent } from '../../base/outcome.ts';
import { checkDocument, expectDocument, isParameterName } from '../../settings/document-check.ts';
import { withDocument, withValue } from '../../settings/edit.ts';
import type { Parameter } from '../../settings/parameter.ts';
import { formatValueText, parseValueText, valueProblem } from '../../settings/parameter-value.ts';
import { type ParameterName, schema } from '../../settings/schema/index.ts';
import { readInput } from '../input-file.ts';
import { tableText } from '../table-text.ts';
import {
  argument,
  type Command,
  flagOption,
  noteHelp,
  noteOption,
  textOption,
  UsageError,
} from './command.ts';

export const configGet: Command = {
  words: 'config get',
  usage: '[NAME|AREA...] [--changed]',
  summary: 'show settings; an area such as smtp shows all of its own',
  help: ['--changed            only those that differ from their default'],
  options: { changed: { type: 'boolean' } },
  arguments: [0, 1000],
  async run(line, site) {
    const names =
      line.positionals.length === 0 ? allNames() : [...new Set(line.positionals.flatMap(namesOf))];
    const snapshot = await site.snapshot();
    const shown = names
      .map((name) => ({ name, value: snapshot.get(name), parameter: schema[name] as Parameter }))
      .filter(({ value, parameter }) => !flagOption(line, 'changed') || !isSame(value, parameter.default));
    const json = shown.map(({ name, value, parameter }) => ({
      name,
      value,
      default: parameter.default,
      unit: parameter.unit,
      apply: parameter.apply,
    }));
    const rows = shown.map(({ name, value, parameter }) => [
      name,
      `= ${formatValueText(value)}`,
      parameter.unit,
      isSame(value, parameter.default) ? '' : `(default ${formatValueText(parameter.default)})`,
    ]);
    return { json, text: tableText(rows) };
  },
};

export const configSet: Command = {
  words: 'config set',
  usage: 'NAME VALUE [NAME VALUE...] | NAME --default',
  summary: 'change settings; sizes as 25M, times as 90s or 5m',
  help: ['--default            return one setting to its default', noteHelp],
  options: { default: { type: 'boolean' }, ...noteOption },
  arguments: [1, 200],
  async run(line, site) {
    const changes = flagOption(line, 'default')
      ? line.positionals.map((name) => ({ name: expectName(name), value: undefined }))
      : changesOf(line.positionals);
    const note =
      textOption(line, 'note') ??
      `config set ${changes.map((change) => change.name).join(' ')}`.slice(0, 200);
    const revision = await site.edit(note, (document) =>
      changes.reduce((edited, { name, value }) => withValue(name, value)(edited), document),
    );
    const restart = changes.filter(({ name }) => schema[name].apply === 'restart');
    const hint = restart.map(({ name }) => `\n${name} takes effect when the server is started again`);
    return {
      json: { revision, restart: restart.map(({ name }) => name) },
      text: `saved as revision ${revision}${hint.join('')}`,
    };
  },
};

export const configExport: Command = {
  words: 'config export',
  usage: '[--revision N]',
  summary: 'print all settings, domains and stores as one JSON document',
  help: ['--revision N         an older revision'],
  options: { revision: { type: 'string' } },
  arguments: [0, 0],
  async run(line, site) {
    const wanted = textOption(line, 'revision');
    const store = await site.store();
    const { document } =
      wanted === undefined ? await store.load() : await store.loadRevision(revisionArgument(wanted));
    // Both forms are the document itself, so that a file made with or without --json can be imported.
    return { json: document, text: JSON.stringify(document, undefined, 2) };
  },
};

export const configImport: Command = {
  words: 'config import',
  usage: 'FILE|- [--check]',
  summary: 'replace all settings, domains and stores by a JSON document',
  help: ['--check              only check the document', noteHelp],
  options: { check: { type: 'boolean' }, ...noteOption },
  arguments: [1, 1],
  async run(line, site) {
    const file = argument(line, 0);
    const document = expectDocument(parseDocument(file, await readInput(file, line.terminal)));
    if (flagOption(line, 'check')) return { json: { valid: true }, text: 'the document is valid' };
    const note = textOption(line, 'note') ?? `config import ${file}`;
    const revision = await site.edit(note, withDocument(document));
    return { json: { revision }, text: `saved as revision ${revision}` };
  },
};

export const configHistory: Command = {
  words: 'config history',
  usage: '[--limit N]',
  summary: 'show who changed the settings when and why',
  help: ['--limit N            newest N revisions (default: 20)'],
  options: { limit: { type: 'string' } },
  arguments: [0, 0],
  async run(line, site) {
    const limit = revisionArgument(textOption(line, 'limit') ?? '20');
    if (limit === 0) throw new UsageError('--limit: expected a number above 0');
    const history = await (await site.store()).history(limit);
    const rows = history.map((info) => [
      String(info.revision),
      new Date(info.createdMs).toISOString(),
      info.author,
      info.note,
    ]);
    const header = ['REVISION', 'TIME', 'AUTHOR', 'NOTE'];
    return {
      json: history.map((info) => ({ ...info, created: new Date(info.createdMs).toISOString() })),
      text: rows.length === 0 ? 'nothing was saved yet' : tableText(rows, header),
    };
  },
};

export const configRollback: Command = {
  words: 'config rollback',
  usage: 'REVISION',
  summary: 'save an older revision as the newest one',
  help: [noteHelp],
  options: noteOption,
  arguments: [1, 1],
  async run(line, site) {
    const wanted = revisionArgument(argument(line, 0));
    const { document: raw } = await (await site.store()).loadRevision(wanted);
    // What a later version wrote and this one does not know cannot be meant when rolling back here.
    const { document } = checkDocument(raw);
    const note = textOption(line, 'note') ?? `rollback to revision ${wanted}`;
    const revision = await site.edit(note, withDocument(expectDocument({ ...raw, values: document.values })));
    return { json: { revision, from: wanted }, text: `revision ${wanted} saved as revision ${revision}` };
  },
};

const allNames = (): ParameterName[] => (Object.keys(schema) as ParameterName[]).sort();

function expectName(written: string): ParameterName {
  if (isParameterName(written)) return written;
  const area = written.split('.', 1)[0] ?? '';
  const others = allNames().filter((name) => name.startsWith(`${area}.`));
  const hint = others.length > 0 ? `; ${area} has ${others.join(', ')}` : '';
  throw new Permanent('settings.not_found', `there is no setting ${written}${hint}`);
}

function namesOf(written: string): ParameterName[] {
  const inArea = allNames().filter((name) => name.startsWith(`${written}.`));
  return inArea.length > 0 ? inArea : [expectName(written)];
}

function changesOf(words: readonly string[]): { name: ParameterName; value: unknown }[] {
  if (words.length % 2 !== 0) throw new UsageError('expected NAME VALUE pairs');
  const changes = [];
  for (let i = 0; i < words.length; i += 2) {
    const [name, text] = [expectName(words[i] as string), words[i + 1] as string];
    const parameter: Parameter = schema[name];
    const value = parseValueText(parameter, text);
    const problem = value === undefined ? expectationOf(parameter) : valueProblem(parameter, value);
    if (problem !== undefined)
      throw new Permanent('settings.invalid', `${name}: expected ${problem}, got ${text}`);
    changes.push({ name, value });
  }
  return changes;
}

/** What a text that is not even of the right kind should have been. */
function expectationOf(parameter: Parameter): string {
  const kind = { size: ' such as 25M', duration: ' such as 90s or 5m' }[parameter.type as string] ?? '';
  return `${valueProblem(parameter, undefined) ?? 'a value'}${kind}`;
}

function isSame(value: unknown, other: unknown): boolean {
  return JSON.stringify(value) === JSON.stringify(other);
}

function revisionArgument(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new UsageError(`expected a number, got ${text}`);
  return Number(text);
}

function parseDocument(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Permanent('settings.invalid', `${file}: ${(cause as Error).message}`, { cause });
  }
}
