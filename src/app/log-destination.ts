// Where the log goes: standard error, written asynchronously, so that a full pipe never stops the event loop.

import pino from 'pino';

type Destination = ReturnType<typeof pino.destination>;
let destination: Destination | undefined;

/** The process's one log stream; flushSync() it before exiting. */
export function logDestination(): Destination {
  destination ??= pino.destination({ dest: 2, sync: false, minLength: 0 });
  return destination;
}

/** Writes out what is pending; harmless when the stream is not open yet. */
export function flushLog(): void {
  try {
    destination?.flushSync();
  } catch {
    // Nothing was opened or standard error is gone: there is nowhere left to say so.
  }
}
