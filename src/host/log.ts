// Structured log: every line is an event name and fields (STYLE 14). Wraps pino; no bodies, no secrets.

import { type DestinationStream, pino } from 'pino';
import { Outcome } from '../base/outcome.ts';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** What an operator must look at; the server goes on. */
  error(event: string, fields?: LogFields): void;
  /** The process is about to stop. */
  fatal(event: string, fields?: LogFields): void;
  /** A log whose lines all carry `fields` too (trace id, session). */
  with(fields: LogFields): Log;
}

/** Fields that describe an error: code and message, stack only for what is not an Outcome of ours. */
export function errorFields(error: unknown): LogFields {
  if (error instanceof Outcome) {
    const cause = error.cause instanceof Error ? error.cause.message : undefined;
    return {
      code: error.code,
      error: error.message,
      ...error.detail,
      ...(cause === undefined ? {} : { cause }),
    };
  }
  if (error instanceof Error) return { error: error.message, stack: error.stack };
  return { error: String(error) };
}

/** Creates the process's log. `level` as pino names them; lines are JSON on `destination` (default: standard output). */
export function createLog(level: string, base: LogFields, destination?: DestinationStream): Log {
  const options = { level, base: { ...base }, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' };
  const root = destination === undefined ? pino(options) : pino(options, destination);
  return new BoundLog(root, {});
}

/**
 * Adds its fields to each line as it is written: a child of pino for every session would cost more memory than the session's
 * own state.
 */
class BoundLog implements Log {
  readonly #logger: pino.Logger;
  readonly #bound: LogFields;

  constructor(logger: pino.Logger, bound: LogFields) {
    this.#logger = logger;
    this.#bound = bound;
  }

  debug(event: string, fields?: LogFields): void {
    this.#write('debug', event, fields);
  }
  info(event: string, fields?: LogFields): void {
    this.#write('info', event, fields);
  }
  warn(event: string, fields?: LogFields): void {
    this.#write('warn', event, fields);
  }
  error(event: string, fields?: LogFields): void {
    this.#write('error', event, fields);
  }
  fatal(event: string, fields?: LogFields): void {
    this.#write('fatal', event, fields);
  }
  with(fields: LogFields): Log {
    return new BoundLog(this.#logger, { ...this.#bound, ...fields });
  }

  #write(level: 'debug' | 'info' | 'warn' | 'error' | 'fatal', event: string, fields?: LogFields): void {
    if (this.#logger.isLevelEnabled(level)) this.#logger[level]({ ...this.#bound, ...fields }, event);
  }
}

/** A log that drops everything, for tests. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
  with: () => silentLog,
};
