/** An upstream for tests: plain TCP that records every byte it gets and answers with the bytes that a script gives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { eventually } from './eventually.ts';
import { field, type RawMessage, readRequest } from './raw-message.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

export interface OriginRequest extends RawMessage {
  readonly method: string;
  readonly target: string;
  readonly connection: OriginConnection;
  header(name: string): string | undefined;
}

/** What the origin does; whatever is left out does nothing. */
export interface Script {
  connected?(connection: OriginConnection): void;
  /** The head of a request has come, its body perhaps not. */
  head?(request: OriginRequest): void;
  /** A request has come whole. */
  request?(request: OriginRequest): void;
}

export class OriginConnection {
  /** Every byte that came. */
  received: Buffer = Buffer.alloc(0);
  /** The proxy ended its side, or reset the connection. */
  gone = false;
  readonly socket: Socket;
  readonly requests: OriginRequest[] = [];
  #read = 0;
  #headTold = false;

  constructor(socket: Socket, script: Script, taken: (request: OriginRequest) => void) {
    this.socket = socket;
    const leave = () => {
      this.gone = true;
    };
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#take(script, taken);
    });
    socket.on('end', leave);
    socket.on('close', leave);
    socket.on('error', leave);
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  end(bytes = ''): void {
    this.socket.end(Buffer.from(bytes, 'latin1'));
  }

  reset(): void {
    // A side that has ended cannot be reset any more; Node would leave its handle open for good.
    if (this.socket.writableEnded) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  #take(script: Script, taken: (request: OriginRequest) => void): void {
    for (;;) {
      const message = readRequest(this.received.subarray(this.#read));
      if (message === null) return;
      const request = this.#asRequest(message);
      if (!this.#headTold) {
        this.#headTold = true;
        script.head?.(request);
      }
      if (!message.complete) return;
      this.#read += message.size;
      this.#headTold = false;
      this.requests.push(request);
      taken(request);
      script.request?.(request);
    }
  }

  #asRequest(message: RawMessage): OriginRequest {
    const [method = '', target = ''] = message.startLine.split(' ');
    return { ...message, method, target, connection: this, header: (name) => field(message.fields, name) };
  }
}

export class Origin {
  port = 0;
  /** Every connection that was ever made, in order. */
  readonly connections: OriginConnection[] = [];
  /** Every whole request, in order of arrival. */
  readonly requests: OriginRequest[] = [];

  /** Connections that the proxy has not let go. */
  get open(): number {
    return this.connections.filter((connection) => !connection.gone).length;
  }

  /** The whole request number `number`, from 0, once it has come. */
  async request(number = 0): Promise<OriginRequest> {
    return eventually(() => {
      const request = this.requests[number];
      if (request === undefined) throw new Error(`only ${this.requests.length} requests reached the origin`);
      return request;
    });
  }

  /** Connection number `number`, from 0, once it has been made. */
  async connection(number = 0): Promise<OriginConnection> {
    return eventually(() => {
      const connection = this.connections[number];
      if (connection === undefined) throw new Error(`only ${this.connections.length} connections were made`);
      return connection;
    });
  }
}

/** A complete response with a length. */
export function ok(body = 'ok', ...lines: readonly string[]): string {
  return ['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...lines, '', body].join('\r\n');
}

/** Answers every whole request with `bytes`. */
export function answering(bytes: string): Script {
  return { request: ({ connection }) => connection.send(bytes) };
}

/** Starts an origin on loopback, or on the unix socket `at`; by default it answers every request with `ok`. */
export async function startOrigin(t: Cleanup, script: Script = answering(ok()), at?: string): Promise<Origin> {
  const origin = new Origin();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = new OriginConnection(socket, script, (request) => origin.requests.push(request));
    origin.connections.push(connection);
    script.connected?.(connection);
  });
  if (at === undefined) server.listen(0, '127.0.0.1');
  else server.listen(at);
  await once(server, 'listening');
  t.after(() => {
    for (const { socket } of origin.connections) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address !== null && typeof address === 'object') origin.port = address.port;
  return origin;
}

/** A port of loopback on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** A port of loopback that answers no SYN: its accept queue is full and nobody takes from it. */
export async function blackHole(t: Cleanup): Promise<number> {
  const source = `
    const { parentPort } = require('node:worker_threads');
    const net = require('node:net');
    const server = net.createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      const { port } = server.address();
      parentPort.postMessage(port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(source, { eval: true });
  t.after(async () => void (await worker.terminate()));
  const [port] = (await once(worker, 'message')) as [number];
  const { connect } = await import('node:net');
  // The queue holds one more than its backlog; later ones wait for a SYN-ACK that does not come.
  for (let filler = 0; filler < 4; filler++) {
    const socket = connect({ host: '127.0.0.1', port }).on('error', () => {});
    t.after(() => void socket.destroy());
    if (filler < 2) await once(socket, 'connect');
  }
  return port;
}

/** A folder for unix sockets, removed after the test. */
export function socketFolder(t: Cleanup): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
