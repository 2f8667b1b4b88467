// What a parameter of the server is: one row with type, default, unit, bounds and two sentences. Validation, docs/settings.md
// and later the forms come from these rows; `npm run check` fails on a row nobody reads or a name without a row.

/** Value types of a parameter. `size`, `count` and `duration` are integers in the stated unit. */
export type ParameterType = 'boolean' | 'count' | 'size' | 'duration' | 'text' | 'choice' | 'list';

/** One row of the settings table. */
export interface Parameter {
  readonly type: ParameterType;
  readonly default: boolean | number | string | readonly string[];
  /** `bytes`, `ms`, `s`, `messages`, `connections`, … ; '' where there is none. */
  readonly unit: string;
  /** Inclusive bounds of the integer types. */
  readonly min?: number;
  readonly max?: number;
  /** Allowed values of a `choice`. */
  readonly choices?: readonly string[];
  /** Version that introduced it. */
  readonly since: string;
  /** `live`: the next command or session uses a change. `restart`: the server must be restarted. */
  readonly apply: 'live' | 'restart';
  /** One or two sentences: what it does and why the default is what it is. */
  readonly doc: string;
  /** The same in Russian. */
  readonly docRu: string;
}

/** Keeps literal key types while checking every row. */
export function parameters<const T extends Record<string, Parameter>>(rows: T): T {
  return rows;
}

/** Type of the value behind a row. */
export type ValueOf<P extends Parameter> = P['type'] extends 'boolean'
  ? boolean
  : P['type'] extends 'count' | 'size' | 'duration'
    ? number
    : P['type'] extends 'list'
      ? readonly string[]
      : P['type'] extends 'choice'
        ? P extends { readonly choices: readonly (infer C)[] }
          ? C
          : string
        : string;
