// A name that one process of this machine holds at a time: a lock between workers that no crash leaves behind.
//
// The kernel's abstract socket names serve: whoever listens on one has it, and loses it when it ends, however it ends.
// Nothing is ever accepted there. Names should hold a secret, or any local program could take them first.

import { createServer } from 'node:net';

export interface HeldName {
  release(): void;
}

/** Takes the name, or resolves with undefined when somebody holds it. Rejects with other errors of the system. */
export function holdName(name: string): Promise<HeldName | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path: `\0${name}` }, () => {
      server.unref();
      resolve({ release: () => server.close() });
    });
  });
}
