/** What the screen is measured in front of: a real daemon with hundreds of targets and routes, and light traffic through it. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { AdminClient } from '../../src/admin/client/client.ts';
import launcher from '../../bin/launch.js';
import { freePort, Running } from '../processes.ts';

export interface SceneSize {
  readonly targets: number;
  readonly routes: number;
}

const targetsOfAnUpstream = 5;

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
  const port = await freePort();
  const routes = Array.from({ length: size.routes }, (_, index) => `route-${String(index).padStart(3, '0')}`);
  const socket = path.join(dir, 'admin.sock');
  // In a thread of its own: what is measured is measured in this one.
  const world = new Worker(new URL('world.ts', import.meta.url), { workerData: { port, routes } });
  const [originPort] = (await once(world, 'message')) as [number];
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
    await world.terminate();
    throw error;
  }
  return {
    socket,
    pid: daemon.pid,
    client,
    routes,
    traffic: (perSecond) => world.postMessage(perSecond),
    async [Symbol.asyncDispose]() {
      world.postMessage(0);
      await daemon[Symbol.asyncDispose]();
      await world.terminate();
    },
  };
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
