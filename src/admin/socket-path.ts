// Unix socket paths have room for 107 octets only; data directories may lie deeper. A longer path goes through the open
// descriptor of its directory: /proc/self/fd/N/NAME names the same socket.

import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** Longest path that is used as it is (struct sockaddr_un, one octet for the final NUL). */
const maxSocketPathBytes = 107;

/** A path that fits; `release` it when the socket was connected or closed. */
export interface SocketPath {
  readonly path: string;
  release(): Promise<void>;
}

/** Rejects with the system's error when the directory cannot be opened. */
export async function shortSocketPath(path: string): Promise<SocketPath> {
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return { path, release: async () => {} };
  const directory: FileHandle = await open(dirname(path), 'r');
  return {
    path: `/proc/self/fd/${directory.fd}/${basename(path)}`,
    release: () => directory.close(),
  };
}
