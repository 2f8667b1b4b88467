// Writes docs/settings.md and docs/ru/settings.md from the settings table; `--check` only compares.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Parameter } from '../src/settings/parameter.ts';
import { schema } from '../src/settings/schema/index.ts';
import { root } from './checks/source-files.ts';

interface Language {
  readonly path: string;
  readonly title: string;
  readonly intro: readonly string[];
  readonly columns: readonly string[];
  readonly areas: Readonly<Record<string, string>>;
  readonly apply: Readonly<Record<Parameter['apply'], string>>;
  readonly yes: string;
  readonly no: string;
  readonly empty: string;
  readonly doc: (parameter: Parameter) => string;
}

const english: Language = {
  path: 'docs/settings.md',
  title: 'Settings',
  intro: [
    'Everything that can be set with `tegu config set NAME VALUE`. Made from the table in `src/settings/schema/` by',
    '`node scripts/settings-docs.ts`; do not edit.',
    '',
    'A change marked *live* is used by the next command or session, in every worker; *restart* needs the server started anew.',
    'Sizes may be written as `25M`, times as `90s` or `5m`.',
  ],
  columns: ['Name', 'Default', 'Unit', 'Allowed', 'Applies', 'Since', 'Meaning'],
  areas: {
    server: 'Server',
    listen: 'Ports',
    metrics: 'Metrics',
    host: 'Connections',
    guard: 'Password guessing',
    smtp: 'SMTP',
    routing: 'Routing',
    delivery: 'Delivery',
    imap: 'IMAP',
    pop3: 'POP3',
    store: 'Mail stores',
    mime: 'MIME',
    directory: 'Users',
    auth: 'Log-in mechanisms',
    io: 'Disk',
  },
  apply: { live: 'live', restart: 'restart' },
  yes: 'yes',
  no: 'no',
  empty: '(empty)',
  doc: (parameter) => parameter.doc,
};

const russian: Language = {
  path: 'docs/ru/settings.md',
  title: 'Настройки',
  intro: [
    'Всё, что можно задать командой `tegu config set ИМЯ ЗНАЧЕНИЕ`. Страница создана из таблицы `src/settings/schema/` командой',
    '`node scripts/settings-docs.ts`; править её вручную не нужно.',
    '',
    'Изменение с пометкой «сразу» действует со следующей команды или сессии во всех рабочих процессах; «перезапуск» — после',
    'перезапуска сервера. Размеры можно писать как `25M`, время — как `90s` или `5m`.',
  ],
  columns: ['Имя', 'По умолчанию', 'Единица', 'Допустимо', 'Действует', 'С версии', 'Смысл'],
  areas: {
    server: 'Сервер',
    listen: 'Порты',
    metrics: 'Метрики',
    host: 'Соединения',
    guard: 'Подбор паролей',
    smtp: 'SMTP',
    routing: 'Маршрутизация',
    delivery: 'Доставка',
    imap: 'IMAP',
    pop3: 'POP3',
    store: 'Хранилища почты',
    mime: 'MIME',
    directory: 'Пользователи',
    auth: 'Механизмы входа',
    io: 'Диск',
  },
  apply: { live: 'сразу', restart: 'перезапуск' },
  yes: 'да',
  no: 'нет',
  empty: '(пусто)',
  doc: (parameter) => parameter.docRu,
};

/** Both pages as they should be. */
export function settingsPages(): readonly { readonly path: string; readonly text: string }[] {
  return [english, russian].map((language) => ({ path: language.path, text: page(language) }));
}

function page(language: Language): string {
  const areas = new Map<string, [string, Parameter][]>();
  for (const [name, parameter] of Object.entries<Parameter>(schema)) {
    const area = name.slice(0, name.indexOf('.'));
    areas.set(area, [...(areas.get(area) ?? []), [name, parameter]]);
  }
  const sections = [...areas].map(([area, rows]) => {
    const lines = rows.map(([name, parameter]) => row(language, name, parameter));
    return [`## ${language.areas[area] ?? area}`, '', header(language), ...lines].join('\n');
  });
  return `# ${language.title}\n\n${language.intro.join('\n')}\n\n${sections.join('\n\n')}\n`;
}

function header(language: Language): string {
  return `| ${language.columns.join(' | ')} |\n|${'---|'.repeat(language.columns.length)}`;
}

function row(language: Language, name: string, parameter: Parameter): string {
  const cells = [
    `\`${name}\``,
    defaultText(language, parameter),
    parameter.unit,
    allowedText(language, parameter),
    language.apply[parameter.apply],
    parameter.since,
    language.doc(parameter),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

function defaultText(language: Language, { default: value }: Parameter): string {
  if (typeof value === 'boolean') return value ? language.yes : language.no;
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return text === '' ? language.empty : `\`${text}\``;
}

function allowedText(language: Language, parameter: Parameter): string {
  if (parameter.type === 'boolean') return `${language.yes}, ${language.no}`;
  if (parameter.type === 'choice')
    return (parameter.choices ?? []).map((choice) => `\`${choice}\``).join(', ');
  if (parameter.type === 'text' || parameter.type === 'list') return '';
  return parameter.max === undefined ? `≥ ${parameter.min ?? 0}` : `${parameter.min ?? 0}–${parameter.max}`;
}

if (process.argv[1] === import.meta.filename) {
  const stale = settingsPages().filter(({ path, text }) => {
    const file = join(root, path);
    if (!process.argv.includes('--check')) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return false;
    }
    try {
      return readFileSync(file, 'utf8') !== text;
    } catch {
      return true;
    }
  });
  for (const { path } of stale) console.error(`${path} differs from the settings table`);
  process.exitCode = stale.length === 0 ? 0 : 1;
}
