/** WebSockets for tests: a server of the `ws` package as target, clients of it, and handshakes written by hand. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientOptions, type RawData, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { startPlane, type TestPlane } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type Scene, type SceneOptions, sceneOf, scenery } from '../helpers/proxied.ts';
import { routeFields } from '../../src/proxy/shared/cells.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** A target that speaks WebSocket. */
export interface SocketServer {
  readonly port: number;
  readonly server: WebSocketServer;
  /** Sockets of handshakes that were agreed to, in order. */
  readonly sockets: readonly WebSocket[];
  /** Number `number` of them, once it is there. */
  socket(number?: number): Promise<WebSocket>;
}

/** Starts a target; `serve` gets each new WebSocket, by default it sends back what comes. Other requests get a page. */
export async function startSocketServer(
  t: Cleanup,
  serve: (socket: WebSocket) => void = echo,
  options: ServerOptions = {},
): Promise<SocketServer> {
  const http = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>page</title>');
  });
  const server = new WebSocketServer({ server: http, ...options });
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    http.closeAllConnections();
    http.close();
  });
  return {
    port: (http.address() as AddressInfo).port,
    server,
    sockets,
    socket: (number = 0) =>
      eventually(() => {
        const socket = sockets[number];
        if (socket === undefined) throw new Error(`only ${sockets.length} WebSockets were opened`);
        return socket;
      }),
  };
}

/** Sends every message back as it came. */
export function echo(socket: WebSocket): void {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
}

export interface SocketScene extends Omit<Scene, 'origin'> {
  readonly target: SocketServer;
  /** A WebSocket through the proxy, open. */
  open(options?: ClientOptions, protocols?: readonly string[]): Promise<WebSocket>;
  /** Value of the gauge, and of the counter. */
  websockets(): { readonly open: number; readonly total: number };
}

/** A plane in front of a target that speaks WebSocket. */
export async function socketScene(
  t: Cleanup,
  options: SceneOptions & {
    readonly serve?: (socket: WebSocket) => void;
    readonly server?: SceneOptions['server'];
    readonly target?: ServerOptions;
  } = {},
): Promise<SocketScene> {
  const target = await startSocketServer(t, options.serve, options.target);
  const clock = new ManualClock();
  const settings = scenery([target.port], options);
  const plane = await startPlane(t, settings, options.manual === true ? clock : undefined);
  return {
    ...sceneOf(t, plane),
    clock,
    config: settings,
    target,
    open: (ws, protocols) => openSocket(t, `ws://127.0.0.1:${plane.port}/`, ws, protocols),
    websockets: () => websocketsOf(plane),
  };
}

/** What the first route of a plane counts. */
export function websocketsOf({ registry, plan }: TestPlane): { readonly open: number; readonly total: number } {
  const counts = plan.routes.map((route) => route.counts);
  const sum = (field: number) => counts.reduce((total, ref) => total + registry.sum(ref, field), 0);
  return { open: sum(routeFields.websockets), total: sum(routeFields.websocketsTotal) };
}

/** A client whose handshake has succeeded. */
export async function openSocket(
  t: Cleanup,
  url: string,
  options: ClientOptions = {},
  protocols: readonly string[] = [],
): Promise<WebSocket> {
  const socket = new WebSocket(url, [...protocols], options);
  t.after(() => socket.terminate());
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('error', () => {});
  return socket;
}

/** The next message. */
export async function message(socket: WebSocket): Promise<{ readonly data: Buffer; readonly binary: boolean }> {
  const [data, binary] = (await once(socket, 'message')) as [RawData, boolean];
  return { data: data as Buffer, binary };
}

/** Code and reason that a WebSocket was closed with. */
export async function closing(socket: WebSocket): Promise<{ readonly code: number; readonly reason: string }> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { code, reason: reason.toString() };
}

/** The key of RFC 6455 §1.3, and what answers it. */
export const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';
export const sampleAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** Fields of a handshake by hand. */
export const handshakeLines: readonly string[] = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  `Sec-WebSocket-Key: ${sampleKey}`,
  'Sec-WebSocket-Version: 13',
];

/** The answer of a target that agrees to `handshakeLines`. */
export function agreement(...lines: readonly string[]): string {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Accept: ${sampleAccept}`,
    ...lines,
    '',
    '',
  ].join('\r\n');
}
