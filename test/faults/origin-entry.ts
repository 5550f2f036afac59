/**
 * An upstream as a process of its own, with the fault that it is told to have: `origin-process.ts` starts it and speaks to it
 * over the IPC channel. Answers on a port of loopback; says who it is in the body.
 */
import { createServer, type Socket } from 'node:net';
import type { OriginFault, ToOrigin } from './origin-process.ts';

const send = (message: unknown) => process.send?.(message);

let fault: OriginFault = JSON.parse(process.argv[2] ?? '{"kind":"none"}') as OriginFault;
const wanted = JSON.parse(process.argv[3] ?? '{}') as { readonly host: string; readonly port: number };
let turn = 0;
let requests = 0;
const sockets = new Set<Socket>();

const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  let pending = '';
  socket.on('data', (chunk: Buffer) => {
    pending += chunk.toString('latin1');
    for (let end = pending.indexOf('\r\n\r\n'); end !== -1; end = pending.indexOf('\r\n\r\n')) {
      const head = pending.slice(0, end);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (pending.length < end + 4 + length) return;
      pending = pending.slice(end + 4 + length);
      requests++;
      answer(socket, head.split(' ')[1] ?? '', /\r\nhost: (.*)/i.exec(head)?.[1] ?? '');
    }
  });
  socket.on('end', () => socket.end());
});

function answer(socket: Socket, path: string, host: string): void {
  // Checks see what requests see, unless the fault is one of requests alone.
  const present: OriginFault = path === '/health' && fault.requestsOnly === true ? { kind: 'none' } : fault;
  switch (present.kind) {
    case 'none':
      return ok(socket, 200, `${process.pid}`, `X-Asked-For: ${host}\r\n`);
    case 'silent':
      return;
    case 'slow':
      return void setTimeout(() => ok(socket, 200, `${process.pid}`), present.ms);
    case 'half-head':
      return void socket.write('HTTP/1.1 200 OK\r\nContent-Le');
    case 'half-body':
      return void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    case 'stalled-body':
      return void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    case 'garbage':
      return void socket.end('SSH-2.0-OpenSSH_9.2p1\r\n\r\n');
    case 'drip':
      return drip(socket, present.bytes, present.everyMs);
    case 'reset-after': {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(present.bytes)}`, () =>
        // What was written must have left before the reset throws it away.
        setTimeout(() => socket.resetAndDestroy(), 50),
      );
      return;
    }
    case 'errors': {
      // So many of each hundred, spread evenly.
      const now = turn++;
      const failing = Math.floor(((now + 1) * present.percent) / 100) > Math.floor((now * present.percent) / 100);
      return failing ? ok(socket, 500, 'broken') : ok(socket, 200, `${process.pid}`);
    }
    case 'blocked':
      return;
  }
}

function ok(socket: Socket, status: number, body: string, fields = ''): void {
  socket.write(
    `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'Broken'}\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`,
  );
}

function drip(socket: Socket, bytes: number, everyMs: number): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
  let left = bytes;
  const timer = setInterval(() => {
    if (socket.destroyed || left-- === 0) return clearInterval(timer);
    socket.write('x');
  }, everyMs);
}

process.on('message', (message: ToOrigin) => {
  if (message.kind === 'count') send({ kind: 'count', requests });
  else {
    fault = message.fault;
    turn = 0;
    for (const socket of sockets) socket.destroy();
    send({ kind: 'set' });
    obey();
  }
});

/** A target whose accept queue is full and of which nothing takes: the process stands still. */
function obey(): void {
  if (fault.kind !== 'blocked') return;
  process.send?.({ kind: 'blocked' }, () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
}

server.listen({ ...wanted, backlog: fault.kind === 'blocked' ? 1 : 511 }, () => {
  const address = server.address();
  send({ kind: 'listening', port: address !== null && typeof address === 'object' ? address.port : 0 });
  obey();
});
