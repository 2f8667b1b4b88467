// tegu.conf: the few things that must be known before a configuration store can be opened (DESIGN section 4). All else is
// a setting in that store.
//
// TOML. An error names file, line, key, what was expected and what stands there; unknown keys are errors, so that a typing
// mistake is not silently ignored. Relative paths are relative to the file.

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { Permanent } from '../base/outcome.ts';
import { Secret } from '../base/secret.ts';

/** The file's content with defaults filled in; paths are absolute. */
export interface Configuration {
  /** Path of the file itself. */
  readonly file: string;
  readonly dataDirectory: string;
  /** Name of this node in logs and file names. */
  readonly nodeName: string;
  /** `sqlite:/path` of the settings. */
  readonly configurationStore: string;
  /** `maildir:/path` of the data store called `main`. */
  readonly dataStore: string;
  /** Password of `admin` when the first start creates that account; undefined = a random one is made. */
  readonly firstAdminPassword: Secret | undefined;
}

type Check = (value: unknown) => string | undefined;

const nonEmptyText: Check = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'a non-empty string';
const address =
  (scheme: string): Check =>
  (value) =>
    typeof value === 'string' && value.startsWith(`${scheme}:`) && value.length > scheme.length + 1
      ? undefined
      : `an address "${scheme}:PATH"`;

/** Every key that may stand in the file. */
const keys: Readonly<Record<string, Check>> = {
  data: nonEmptyText,
  node: (value) =>
    typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/.test(value)
      ? undefined
      : 'a name of letters, digits, dots and hyphens',
  configuration_store: address('sqlite'),
  data_store: address('maildir'),
  first_admin_password: nonEmptyText,
};

/** Reads and checks the file; throws Permanent('config.unreadable' | 'config.invalid'). */
export async function loadConfigurationFile(path: string): Promise<Configuration> {
  const file = resolve(path);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new Permanent('config.unreadable', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  return parseConfiguration(file, text);
}

/** The pure part of loadConfigurationFile. */
export function parseConfiguration(file: string, text: string): Configuration {
  const table = parseToml(file, text);
  for (const [key, value] of Object.entries(table)) {
    const check = keys[key];
    if (check === undefined) {
      const known = Object.keys(keys).join(', ');
      throw invalid(
        file,
        text,
        key,
        `unknown key; known are ${known} (everything else is a setting: tegu config set)`,
      );
    }
    const expected = check(value);
    if (expected !== undefined)
      throw invalid(file, text, key, `expected ${expected}, got ${describe(key, value)}`);
  }
  const base = dirname(file);
  const dataDirectory = absolute(base, textOf(table.data) ?? 'data');
  const password = textOf(table.first_admin_password);
  return {
    file,
    dataDirectory,
    nodeName: textOf(table.node) ?? hostname(),
    configurationStore: absoluteAddress(
      base,
      textOf(table.configuration_store) ?? `sqlite:${join(dataDirectory, 'configuration.db')}`,
    ),
    dataStore: absoluteAddress(base, textOf(table.data_store) ?? `maildir:${join(dataDirectory, 'mail')}`),
    firstAdminPassword: password === undefined ? undefined : new Secret(password),
  };
}

/** The text of a new file; comments say what may be changed. */
export function newConfigurationText(dataDirectory: string): string {
  return `# Tegu: what must be known before the settings can be read. Everything else: tegu config get|set.
# docs/configuration.md explains every key.

# Where the server keeps what it writes. Relative paths are relative to this file.
data = ${JSON.stringify(dataDirectory)}

# Name of this node in logs and file names; the host name by default.
# node = "mail1"

# Stores; by default inside the data directory.
# configuration_store = "sqlite:/var/lib/tegu/configuration.db"
# data_store = "maildir:/var/lib/tegu/mail"
`;
}

function parseToml(file: string, text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? 'not TOML';
    throw new Permanent(
      'config.invalid',
      `${file}:${error.line}: ${reason} (column ${error.column}); expected TOML, key = "value"`,
    );
  }
}

function invalid(file: string, text: string, key: string, what: string): Permanent {
  const line = text.split('\n').findIndex((candidate) => {
    const start = candidate.trimStart().replace(/^\[+/, '').replace(/^["']/, '');
    return start.startsWith(key) && /^["'\]\s=.]/.test(start.slice(key.length));
  });
  return new Permanent('config.invalid', `${file}:${line + 1}: ${key}: ${what}`);
}

/** A wrong value for the error text; never the text of a password. */
function describe(key: string, value: unknown): string {
  if (key.includes('password')) return `a value of type ${typeof value}`;
  return typeof value === 'object' ? 'a table or list' : JSON.stringify(value);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const absolute = (base: string, path: string): string => (isAbsolute(path) ? path : join(base, path));

function absoluteAddress(base: string, value: string): string {
  const colon = value.indexOf(':');
  return `${value.slice(0, colon + 1)}${absolute(base, value.slice(colon + 1))}`;
}
