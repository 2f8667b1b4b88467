// A trivial server in a process of its own that answers every chunk at once: how slow the machine itself is just now.

import { type AddressInfo, createServer } from 'node:net';

const server = createServer((socket) => {
  socket.write('hello\r\n');
  socket.on('error', () => {});
  socket.on('data', () => socket.write('ok\r\n'));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
