/**
 * Two nights, played on real processes: a daemon that is killed and brought back by `process-crash`, and a dead target that is taken
 * out by `upstream-failure`. What comes of them are the transcripts in docs/examples; `write-examples.ts` makes them anew.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AdminClient } from '../../src/admin/client/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Played, typeAtTerminal } from './typing-operator.ts';

const entry = new URL('../../src/cli/sentinel.ts', import.meta.url).pathname;

export interface Drill extends Played {
  /** Markdown, with folder and host of the machine taken out. */
  readonly transcript: string;
}

interface Stage {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly client: AdminClient;
  /** Ends with the drill. */
  readonly daemon: ChildProcess;
  /** Asks the proxy again and again. */
  readonly url: string;
}

type Play = (stage: Stage) => Promise<Played>;

/** Kills the daemon, and goes through the runbook to its end. @param script path of the program of that name */
export function crashDrill(script: string): Promise<Drill> {
  return stage(['upstream "web" { static { status 200; body "hello" } }'], async ({ folder, environment, daemon }) => {
    daemon.kill('SIGKILL');
    await eventually(() => daemon.exitCode !== null || daemon.signalCode !== null);
    return await typeAtTerminal(script, {
      args: ['runbook', 'run', 'process-crash', '--transcript', join(folder, 'transcript.md')],
      environment,
      directory: folder,
      types: [
        [/run bash/, ''],
        [/run step start\?/, 'y'],
        // What facts leave open.
        [/Is there memory enough/, 'y'],
        [/›/, 'y'],
      ],
    });
  });
}

/** One of three targets goes away, and is drained. */
export async function upstreamDrill(script: string): Promise<Drill> {
  const targets = await Promise.all([1, 2, 3].map(() => origin()));
  const [dead] = targets as [Server, ...Server[]];
  const places = targets.map((server) => `target { address "127.0.0.1:${(server.address() as AddressInfo).port}" }`);
  // Without a second try, so that clients feel the dead target.
  const upstream = `upstream "web" { targets { ${places.join('; ')} } }`;
  try {
    return await stage([upstream], async ({ folder, environment, client }) => {
      dead.closeAllConnections();
      dead.close();
      await eventually(async () => {
        const { data } = await client.call('traffic', { query: { window: '1m' } });
        return (data.total.windows['1m']?.requests ?? 0) > 200;
      });
      return await typeAtTerminal(script, {
        args: ['runbook', 'run', 'upstream-failure', '--transcript', join(folder, 'transcript.md')],
        environment,
        directory: folder,
        types: [
          [/run bash/, ''],
          [/other targets that are well/, 'y'],
          [/run step drain\?/, 'y'],
          [/only their checks fail/, 'n'],
          // The last minute still has the errors of before.
          [/look again/, 'a'],
          [/›/, 'n'],
        ],
      });
    });
  } finally {
    for (const server of targets) {
      server.closeAllConnections();
      server.close();
    }
  }
}

async function stage(upstreams: readonly string[], play: Play): Promise<Drill> {
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
  };
  const client = new AdminClient({
    target: { name: 'drill', addresses: [{ kind: 'socket', path: socket }] },
    version: '0',
  });
  const daemon = spawn(process.execPath, [entry, 'run', '-c', config], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: 'ignore',
  });
  const over = new AbortController();
  const url = `http://127.0.0.1:${port}/`;
  try {
    await eventually(async () => (await client.call('status')).data.state === 'ready');
    const traffic = clients(url, over.signal);
    const played = await play({ folder, environment, client, daemon, url });
    over.abort();
    await traffic;
    return { ...played, transcript: withoutMachine(readFileSync(join(folder, 'transcript.md'), 'utf8'), folder) };
  } finally {
    over.abort();
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

async function clients(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await fetch(url)
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
    await pause(25);
  }
}

async function origin(): Promise<Server> {
  const server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function freePort(): Promise<number> {
  const server = await origin();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What is of this machine says nothing to a reader. */
function withoutMachine(text: string, folder: string): string {
  return text
    .replaceAll(folder, '/srv/drill')
    .replaceAll(hostname(), 'drill')
    .replaceAll(/(last_run\.cgroup: )\S+/g, '$1/system.slice/sentinel.service');
}
