/**
 * Where drills are played: a daemon of its own with one route to the upstream `web`, without second tries, in a folder that is gone
 * afterwards, with everything that a step may have started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from '../../src/admin/client/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { commandLog } from '../helpers/command-log.ts';
import { programCommand } from '../helpers/program.ts';

export interface Stage {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly client: AdminClient;
  /** Ends with the drill. */
  readonly daemon: ChildProcess;
  /** Of the proxy. */
  readonly url: string;
}

/** @param upstreams Lines of the configuration: the upstream `web`, and what else there is. */
export async function onStage<T>(upstreams: readonly string[], play: (stage: Stage) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-drill-'));
  const config = join(folder, 'config.kdl');
  const socket = join(folder, 'admin.sock');
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  const port = await freePort();
  writeFileSync(
    config,
    [
      `state-dir "${folder}/state"`,
      `listener "http" { address "127.0.0.1:${port}" }`,
      'route "web" { upstream "web"; retry-policy { max-attempts 1 } }',
      ...upstreams,
      '',
    ].join('\n'),
  );
  const environment = {
    SENTINEL_CONFIG: config,
    SENTINEL_ADMIN_SOCKET: socket,
    SENTINEL_METRICS_ADDR: `127.0.0.1:${await freePort()}`,
    SENTINEL_WORKERS: '1',
    XDG_RUNTIME_DIR: folder,
    HOME: folder,
    SENTINEL_INCIDENTS: join(folder, 'incidents'),
  };
  const client = new AdminClient({
    target: { name: 'drill', addresses: [{ kind: 'socket', path: socket }] },
    version: '0',
  });
  const [program, ...first] = programCommand();
  const daemon = spawn(program, [...first, 'run', '-c', config], {
    env: { PATH: process.env['PATH'], ...commandLog(), ...environment },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}/`;
  try {
    await eventually(async () => (await client.call('status')).data.state === 'ready');
    return await play({ folder, environment, client, daemon, url });
  } finally {
    daemon.kill('SIGKILL');
    for (const pid of startedIn(folder)) endProcess(pid);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Daemons that a step has started stay; their pid is in what they wrote. */
function startedIn(folder: string): readonly number[] {
  const runs = join(folder, 'state', 'runs');
  try {
    return readdirSync(runs).flatMap((name) => {
      const said = readFileSync(join(runs, name), 'utf8');
      return [...said.matchAll(/pid (\d+) carries traffic/g)].map(([, pid]) => Number(pid));
    });
  } catch {
    return [];
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** A target. @param port 0 = a free one */
export async function drillOrigin(port = 0): Promise<Server> {
  const server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

async function freePort(): Promise<number> {
  const server = await drillOrigin();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What is of this machine says nothing to a reader. */
export function withoutMachine(text: string, folder: string): string {
  return text
    .replaceAll(folder, '/srv/drill')
    .replaceAll(hostname(), 'drill')
    .replaceAll(/(last_run\.cgroup: )\S+/g, '$1/system.slice/sentinel.service');
}
