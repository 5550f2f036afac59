/** What the screen is measured in front of: a real daemon with hundreds of targets and routes, and light traffic through it. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { AdminClient } from '../../src/admin/client/client.ts';
import launcher from '../../bin/launch.js';
import { freePort, Running } from '../processes.ts';

export interface SceneSize {
  readonly targets: number;
  readonly routes: number;
}

const targetsOfAnUpstream = 5;
/** Every so many requests one fails and one is late, so that the lists of the screen have something in them. */
const failEvery = 50;
const lateEvery = 40;
const lateMs = 30;

export interface Scene extends AsyncDisposable {
  readonly socket: string;
  /** Of the daemon. */
  readonly pid: number;
  readonly client: AdminClient;
  readonly routes: readonly string[];
  /** Sends so many requests a second from now on; 0 = none. */
  traffic(perSecond: number): void;
}

/** @param launch Program and its first arguments that a command of sentinel follows. */
export async function startScene(
  dir: string,
  launch: readonly string[],
  size: SceneSize,
  signal: AbortSignal,
): Promise<Scene> {
  const { origin, port: originPort } = await startOrigin();
  const port = await freePort();
  const routes = Array.from({ length: size.routes }, (_, index) => `route-${String(index).padStart(3, '0')}`);
  const socket = path.join(dir, 'admin.sock');
  mkdirSync(path.join(dir, 'state'), { mode: 0o700 });
  writeFileSync(path.join(dir, 'bench.kdl'), configuration(dir, port, originPort, routes, size.targets));
  const [program, ...args] = launch as [string, ...string[]];
  const command = [program, ...launcher.daemonFlags, ...args, 'run', '-c', path.join(dir, 'bench.kdl')];
  const daemon = new Running('sentinel', [...command, '--workers', '2'], dir, { NODE_ENV: 'production' });
  const client = new AdminClient({
    target: { name: 'bench', addresses: [{ kind: 'socket', path: socket }] },
    version: '0.0.0-bench',
  });
  try {
    await daemon.untilReady(async () => {
      const { data } = await client.call('status');
      if (data.state !== 'ready') throw new Error(`the daemon is ${data.state}`);
    }, signal);
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    origin.close();
    throw error;
  }
  const load = new Load(port, routes);
  return {
    socket,
    pid: daemon.pid,
    client,
    routes,
    traffic: (perSecond) => load.set(perSecond),
    async [Symbol.asyncDispose]() {
      load.end();
      await daemon[Symbol.asyncDispose]();
      origin.closeAllConnections();
      origin.close();
    },
  };
}

/** One server that every target of 127.0.0.0/8 is. */
async function startOrigin() {
  let count = 0;
  const origin = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    request.resume();
    count++;
    if (request.url !== '/health' && count % failEvery === 0) response.statusCode = 503;
    const answer = (): void => void response.end('ok');
    if (count % lateEvery === 0) setTimeout(answer, lateMs);
    else answer();
  }).listen(0, '0.0.0.0');
  await once(origin, 'listening');
  return { origin, port: (origin.address() as AddressInfo).port };
}

function configuration(
  dir: string,
  port: number,
  originPort: number,
  routes: readonly string[],
  targets: number,
): string {
  const upstreams = Array.from({ length: Math.ceil(targets / targetsOfAnUpstream) }, (_, index) => {
    const addresses = Array.from({ length: targetsOfAnUpstream }, (_none, at) => {
      const number = index * targetsOfAnUpstream + at;
      return `target "127.1.${Math.floor(number / 250)}.${1 + (number % 250)}:${originPort}"`;
    });
    return `upstream "pool-${String(index).padStart(3, '0')}" { ${addresses.join('; ')}
  health-check { type "http" { path "/health"; expected-status 200 }; interval-secs 10; timeout-secs 5 } }`;
  });
  const taken = routes.map(
    (id, index) =>
      `route "${id}" { matches { path-prefix "/${id}/" }; upstream "pool-${String(index % upstreams.length).padStart(3, '0')}" }`,
  );
  return `server { pid-file "${dir}/sentinel.pid"; drain-idle-secs 0; graceful-shutdown-timeout-secs 5 }
state-dir "${dir}/state"
listener "http" { address "127.0.0.1:${port}" }
observability { metrics { address "127.0.0.1:0" }; admin { socket "${dir}/admin.sock" } }
${taken.join('\n')}
${upstreams.join('\n')}
`;
}

/** Requests at an even pace, route after route. */
class Load {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #port: number;
  readonly #routes: readonly string[];
  #timer: NodeJS.Timeout | null = null;
  #sent = 0;

  constructor(port: number, routes: readonly string[]) {
    this.#port = port;
    this.#routes = routes;
  }

  set(perSecond: number): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = perSecond === 0 ? null : setInterval(() => this.#send(), 1000 / perSecond);
  }

  end(): void {
    this.set(0);
    this.#agent.destroy();
  }

  #send(): void {
    const route = this.#routes[this.#sent++ % this.#routes.length];
    const options = { host: '127.0.0.1', port: this.#port, path: `/${route}/item`, agent: this.#agent };
    get(options, (response) => response.resume()).on('error', () => {
      // The daemon ends before the load does.
    });
  }
}
