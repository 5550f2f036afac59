/** What a soak looks at: a daemon in a process of its own with its metrics as numbers, and its access log, line by line. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { AdminClient } from '../../src/admin/client/client.ts';
import { compileCache } from './compile-cache.ts';
import { eventually } from './eventually.ts';

const root = new URL('../..', import.meta.url).pathname;

/** The access log, moved away at every reload as a rotation does. */
export class AccessLogs {
  readonly file: string;
  /** By `route status`. */
  readonly #lines = new Map<string, number>();
  #rotations = 0;

  constructor(folder: string) {
    this.file = path.join(folder, 'access.log');
  }

  rotate(): void {
    renameSync(this.file, `${this.file}.${++this.#rotations}`);
  }

  /** Counts the file before the last one, which nobody writes to any more, and removes it: the disk is not ours alone. */
  countOld(): void {
    if (this.#rotations > 1) this.#take(`${this.file}.${this.#rotations - 1}`);
  }

  /** All lines by `route status`, each of which is whole; call once, when the daemon has ended. */
  count(): ReadonlyMap<string, number> {
    if (this.#rotations > 0) this.#take(`${this.file}.${this.#rotations}`);
    this.#take(this.file);
    return this.#lines;
  }

  #take(file: string): void {
    const text = readFileSync(file, 'latin1');
    assert.ok(text === '' || text.endsWith('\n'), `${file} ends within a line`);
    for (const line of text.split('\n').slice(0, -1)) {
      const { route, status } = JSON.parse(line) as { readonly route: string; readonly status: number };
      const key = `${route === '' ? '-' : route} ${status}`;
      this.#lines.set(key, (this.#lines.get(key) ?? 0) + 1);
    }
    rmSync(file);
  }
}

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** The daemon under `sentinel.kdl` of a folder. */
export interface SoakDaemon {
  readonly pid: number;
  readonly port: number;
  readonly securedPort: number;
  readonly client: AdminClient;
  readonly child: ChildProcess;
  readonly ended: Promise<readonly unknown[]>;
  output(): string;
  metrics(): Promise<readonly Sample[]>;
  /** Waits until this was logged so many times. */
  said(message: string, times: number): Promise<void>;
}

/** Starts two workers whose DNS server is `dnsServer`; killed after the test. */
export async function startSoakDaemon(t: TestContext, folder: string, dnsServer: string): Promise<SoakDaemon> {
  const child = spawn(
    process.execPath,
    [path.join(root, 'bin/sentinel.js'), 'run', '-c', 'sentinel.kdl', '--workers', '2'],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        ...compileCache(),
        SENTINEL_ADMIN_SOCKET: path.join(folder, 'admin.sock'),
        SENTINEL_METRICS_ADDR: '127.0.0.1:0',
        SENTINEL_DNS_SERVERS: dnsServer,
        XDG_STATE_HOME: folder,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const ready = await eventually(() => {
    const line = output.split('\n').find((one) => one.includes('"Ready"'));
    return JSON.parse(line ?? assert.fail(`not ready: ${output}`)) as {
      readonly pid: number;
      readonly listeners: Readonly<Record<string, string>>;
      readonly admin_address: string;
    };
  });
  return {
    pid: ready.pid,
    port: Number(new URL(`http://${ready.listeners['http']}`).port),
    securedPort: Number(new URL(`http://${ready.listeners['https']}`).port),
    client: new AdminClient({
      target: { name: 'soak', addresses: [{ kind: 'socket', path: path.join(folder, 'admin.sock') }] },
      version: '0.0.0-test',
    }),
    child,
    ended,
    output: () => output,
    metrics: async () => samples(await text(`http://${ready.admin_address}/metrics`)),
    said: (message, times) =>
      eventually(() => {
        const found = output.split(`"${message}"`).length - 1;
        assert.ok(found >= times, `${found} of ${times} times ${message}: ${output.slice(-2000)}`);
      }),
  };
}

function samples(exposition: string): readonly Sample[] {
  return [...exposition.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels, value]) => ({
    name: name as string,
    labels: Object.fromEntries([...(labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text])),
    value: Number(value),
  }));
}

/** The body of a GET on a connection of its own, so that none stays open. */
function text(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => void (body += part));
      response.on('end', () => resolve(body)).on('error', reject);
    }).on('error', reject);
  });
}
