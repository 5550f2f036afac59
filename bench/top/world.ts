/** What is around the daemon of the bench: one server that is all its targets, and clients at an even pace. Runs in a thread of its own. */
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { port, routes } = workerData as { readonly port: number; readonly routes: readonly string[] };

/** Every so many requests one fails and one is late, so that the lists of the screen have something in them. */
const failEvery = 47;
const lateEvery = 41;
const lateMs = 30;

/** Every target of 127.0.0.0/8 is this one. */
let answered = 0;
const origin = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  request.resume();
  const check = request.url === '/health';
  const count = check ? 0 : ++answered;
  if (!check && count % failEvery === 0) response.statusCode = 503;
  const answer = (): void => void response.end('ok');
  if (!check && count % lateEvery === 0) setTimeout(answer, lateMs);
  else answer();
}).listen(0, '0.0.0.0');
await once(origin, 'listening');

const agent = new Agent({ keepAlive: true, maxSockets: 8 });
let sent = 0;
let timer: NodeJS.Timeout | null = null;

function send(): void {
  const route = routes[sent++ % routes.length];
  get({ host: '127.0.0.1', port, path: `/${route}/item`, agent }, (response) => response.resume()).on('error', () => {
    // The daemon ends before its clients do.
  });
}

/** So many requests a second from now on. */
parentPort?.on('message', (perSecond: number) => {
  if (timer !== null) clearInterval(timer);
  timer = perSecond === 0 ? null : setInterval(send, 1000 / perSecond);
});
parentPort?.postMessage((origin.address() as AddressInfo).port);
