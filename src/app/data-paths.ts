// What lies where in the data directory.

import { join } from 'node:path';

/** Absolute paths below one data directory. */
export interface DataPaths {
  /** User file of the source `file`. */
  readonly users: string;
  /** Certificates: NAME.crt with NAME.key. */
  readonly tls: string;
  /** Spool of messages that are being received. */
  readonly spool: string;
  /** Control socket of the running server. */
  readonly control: string;
  /** Folder of the control socket, mode 0700. */
  readonly run: string;
}

export const dataPaths = (dataDirectory: string): DataPaths => ({
  users: join(dataDirectory, 'users.json'),
  tls: join(dataDirectory, 'tls'),
  spool: join(dataDirectory, 'tmp'),
  control: join(dataDirectory, 'run', 'control.sock'),
  run: join(dataDirectory, 'run'),
});
