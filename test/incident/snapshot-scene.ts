/** What tests of snapshots share: a folder with a configuration and incidents of its own, the command on it, and what is in what it left. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { rfc3339 } from '../../src/base/units.ts';
import type { Manifest } from '../../src/incident/bundle/manifest.ts';
import { callSentinel, type Ended } from '../cli/command-line.ts';
import { compileCache } from '../helpers/compile-cache.ts';
import { requireComponent } from '../helpers/components.ts';
import { staticConfig, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { programCommand } from '../helpers/program.ts';

export interface Scene {
  readonly folder: string;
  readonly configFile: string;
  readonly socket: string;
  readonly incidents: string;
  readonly log: string;
  readonly environment: Readonly<Record<string, string>>;
  /** In this process; more quickly than as one of its own. */
  take(...args: readonly string[]): Promise<Ended>;
}

/** A line of a log. */
export function logLine(atMs: number, text: string): string {
  return `${JSON.stringify({ level: 'info', time: rfc3339(atMs), message: text })}\n`;
}

/** A machine on which nothing runs. @param incidents Where they are kept; default in its folder. */
export function snapshotScene(t: TestContext, incidents?: string): Scene {
  const folder = testFolder(t);
  const log = join(folder, 'sentinel.log');
  const configFile = join(folder, 'sentinel.kdl');
  writeFileSync(configFile, staticConfig('hello', `observability { logging { file "${log}" } }`));
  const socket = join(folder, 'admin.sock');
  const place = incidents ?? join(folder, 'incidents');
  const environment = {
    SENTINEL_INCIDENTS: place,
    SENTINEL_ADMIN_SOCKET: socket,
    XDG_STATE_HOME: join(folder, 'state'),
    HOME: folder,
    PATH: process.env['PATH'] ?? '',
  };
  return {
    folder,
    configFile,
    socket,
    incidents: place,
    log,
    environment,
    take: (...args) =>
      callSentinel(['incident', 'snapshot', 'INC-001', '-c', configFile, '--json', ...args], { environment }),
  };
}

/** The envelope's data. */
export interface SnapshotData {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly incident: string | null;
  readonly opened: boolean;
  readonly complete: boolean;
  readonly early: boolean;
  readonly missing: readonly { readonly path: string; readonly why: string }[];
  readonly truncated: readonly { readonly path: string; readonly left_out: string }[];
  readonly files: readonly string[];
}

export function dataOf({ stdout, stderr }: Ended): SnapshotData {
  try {
    return (JSON.parse(stdout) as { data: SnapshotData }).data;
  } catch {
    return assert.fail(`no envelope:\n${stdout}${stderr}`);
  }
}

/** Of the folder of the incident. */
export function archives({ incidents }: Scene, id = 'INC-001'): readonly string[] {
  const folder = join(incidents, id);
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.includes('.tar.gz')) : [];
}

/** Fails where the archive is not whole; gives what its manifest says. */
export async function verified(scene: Scene, file: string): Promise<Manifest> {
  const { environment } = scene;
  const verdict = await callSentinel(['incident', 'snapshot', 'verify', file], { environment });
  assert.equal(verdict.code, 0, `${verdict.stdout}${verdict.stderr}`);
  return JSON.parse(await contentOf(scene, file, 'manifest.json')) as Manifest;
}

export async function contentOf({ environment }: Scene, file: string, path: string): Promise<string> {
  const shown = await callSentinel(['incident', 'snapshot', 'show', file, path], { environment });
  assert.equal(shown.code, 0, `${shown.stdout}${shown.stderr}`);
  return shown.stdout;
}

/** Why an item is not there; null = it is. */
export function whyMissing({ items }: Manifest, path: string): string | null {
  const item = items.find((one) => one.path === path);
  return item === undefined ? assert.fail(`the manifest does not name ${path}`) : (item.error ?? null);
}

export interface HangingAdmin {
  /** Resolves when several ask at once, as only collectors do; rejects when they do not. */
  asked(): Promise<void>;
  /** Connections that are open now. */
  open(): number;
}

const SEVERAL = 5;

/** Accepts, reads, and never answers. */
export async function hangingAdmin(t: TestContext, { socket }: Scene): Promise<HangingAdmin> {
  const sockets = new Set<Socket>();
  const server = createServer((one) => {
    sockets.add(one);
    one.on('error', () => undefined).on('close', () => sockets.delete(one));
    one.resume();
  });
  server.listen(socket);
  await once(server, 'listening');
  t.after(() => {
    for (const one of sockets) one.destroy();
    server.close();
  });
  return { asked: async () => void (await eventually(() => sockets.size >= SEVERAL)), open: () => sockets.size };
}

/** As a process of its own, which can be killed. */
export function startSnapshot(
  t: TestContext,
  scene: Scene,
  { through = [] }: { readonly through?: readonly string[] },
  ...args: readonly string[]
): {
  readonly kill: (signal: 'SIGINT' | 'SIGKILL') => void;
  readonly ended: () => Promise<Ended>;
  /** Waits for something that it does; fails when it ends before. */
  readonly until: (sign: Promise<unknown>) => Promise<void>;
} {
  const own = [...programCommand(), 'incident', 'snapshot', 'INC-001', '-c', scene.configFile, '--json', ...args];
  const [program = '', ...rest] = [...through, ...own];
  const child = spawn(program, rest, {
    env: { ...compileCache(), ...scene.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  t.after(() => void child.kill('SIGKILL'));
  return {
    kill: (signal: 'SIGINT' | 'SIGKILL') => void child.kill(signal),
    async ended(): Promise<Ended> {
      const [code] = await closed;
      return { code, stdout, stderr };
    },
    async until(sign) {
      const early = closed.then(([code]) => assert.fail(`it ended with ${code}:\n${stdout}${stderr}`));
      early.catch(() => undefined);
      await Promise.race([sign, early]);
    },
  };
}

/** A file system that ends with the test; null after skipping where this user may mount none. @param size As tmpfs takes it. */
export function smallDisk(t: TestContext, size: string): string | null {
  const mount = requireComponent(t, 'mount');
  if (mount === undefined) return null;
  if (process.getuid?.() !== 0) {
    t.skip('only root may mount');
    return null;
  }
  const place = mkdtempSync(join(tmpdir(), 'sentinel-small-'));
  try {
    execFileSync(mount, ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'none', place], { stdio: 'pipe' });
  } catch {
    rmSync(place, { recursive: true });
    t.skip('this machine lets nobody mount');
    return null;
  }
  t.after(() => {
    execFileSync('umount', [place]);
    rmSync(place, { recursive: true });
  });
  mkdirSync(join(place, 'incidents'), { mode: 0o700 });
  return place;
}
