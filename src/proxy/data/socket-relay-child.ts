/**
 * A process of a few milliseconds: sends the listening sockets that it was started with back to who started it, one by one,
 * and takes no connection. Started by `socket-relay.ts` alone.
 */
import { createServer } from 'node:net';

/** Where they begin: after standard streams and channel. */
const FIRST_FD = 4;

const last = FIRST_FD + Number(process.argv[2]) - 1;
let fd = FIRST_FD;

function relay(): void {
  if (fd > last) {
    process.disconnect();
    return;
  }
  const server = createServer();
  server.listen({ fd: fd++ });
  process.send?.('socket', server, { keepOpen: false });
  // In the same turn: a loop that looked at it would take connections that nobody serves.
  server.close();
}

process.on('message', relay);
relay();
