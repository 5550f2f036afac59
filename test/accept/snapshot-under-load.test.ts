/**
 * A quick snapshot of a proxy that answers ten thousand requests a second is there within three seconds, and costs traffic no more
 * than the CPU that it takes: held against the same load beside a process that burns as much. Ratios of runs side by side.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { requireComponent } from '../helpers/components.ts';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { mainThreadMs, middle } from './side-by-side.ts';

const PAIRS = 5;
/** Of each kind in a pair, in turns: what else the machine does comes and goes within seconds. */
const RUNS = 3;
const SECONDS = 4;
const RPS = 10_000;
const CONNECTIONS = 20;
const root = new URL('../..', import.meta.url).pathname;
const run = promisify(execFile);

test('a quick snapshot under ten thousand requests a second is quick, small, and costs traffic only its CPU', async (t) => {
  const h2load = requireComponent(t, 'h2load');
  if (h2load === undefined) return;
  const scene = await sceneOf(t);
  const { folder } = scene;
  const p99While = async (task: () => Promise<void>): Promise<number> => {
    const log = join(folder, 'latencies.tsv');
    rmSync(log, { force: true });
    const options = ['--h1', '-t1', `-c${CONNECTIONS}`, `--rps=${RPS / CONNECTIONS}`, `-D${SECONDS}`];
    const load = run(h2load, [...options, `--log-file=${log}`, `${scene.daemon.url()}/`], { maxBuffer: 1 << 24 });
    await pause(1000);
    await task();
    const { stdout } = await load;
    const [, done] = /requests: .* (\d+) succeeded, 0 failed, 0 errored/.exec(stdout) ?? [];
    assert.ok(Number(done) >= 0.9 * RPS * SECONDS, `the load was not kept up:\n${stdout}`);
    return p99Of(readFileSync(log, 'utf8'));
  };
  // Compiles what a snapshot runs, and says what it costs.
  await p99While(async () => void (await snapshot(scene)));
  const ratios: number[] = [];
  const took: number[] = [];
  let cost = await snapshot(scene);
  const taken = (): Promise<number> =>
    p99While(async () => {
      cost = await snapshot(scene);
      took.push(cost.ms);
    });
  const burnt = (): Promise<number> => p99While(() => burn(scene, cost));
  for (let pair = 0; pair < PAIRS; pair++) {
    const [ours, control]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run++) {
      // Neither is always the first.
      if ((pair + run) % 2 === 0) ours.push(await taken());
      control.push(await burnt());
      if ((pair + run) % 2 === 1) ours.push(await taken());
    }
    ratios.push(middle(ours) / middle(control));
  }
  t.diagnostic(
    `its own CPU was ${Math.round(cost.ownMs)} ms, of the main thread ${Math.round(cost.mainMs)} ms; it took ${took.map((ms) => (ms / 1000).toFixed(2)).join(', ')} s; p99 ÷ burnt: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`,
  );
  assert.ok(middle(took) <= 3_000, `it takes ${middle(took)} ms`);
  assert.ok(middle(ratios) <= 1.2, `p99 of traffic is ${middle(ratios).toFixed(2)} times that with the same CPU burnt`);
});

test('where others leave it nothing of the processor it is taken all the same, before they end', async (t) => {
  const folder = testFolder(t);
  const file = join(folder, 'sentinel.kdl');
  writeFileSync(
    file,
    'listener "http" { address "127.0.0.1:0" }\nroute "all" { upstream "fixed" }\nupstream "fixed" { static { status 200 } }\n',
  );
  const burners = Array.from({ length: 3 * availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  t.after(() => burners.forEach((burner) => burner.kill('SIGKILL')));
  const { data } = await snapshotOf({ folder, configFile: file, socket: join(folder, 'none.sock') });
  assert.ok(statSync(data.file).size > 0);
  assert.ok(burners.every(({ exitCode, signalCode }) => exitCode === null && signalCode === null));
});

interface Scene {
  readonly folder: string;
  readonly daemon: DaemonProcess;
  readonly burnOrder: string;
}

/** What one took: as seen from outside, its own CPU, and that of the main thread that it asked. */
interface Cost {
  readonly ms: number;
  readonly ownMs: number;
  readonly mainMs: number;
}

async function sceneOf(t: TestContext): Promise<Scene> {
  const folder = testFolder(t);
  const burnOrder = join(folder, 'burn');
  const log = join(folder, 'access.log');
  const daemon = await startDaemonProcess(t, {
    folder,
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "hello" } }
observability { logging { access-log { file "${log}" } } }
`,
    environment: { SENTINEL_TEST_BURN: burnOrder },
    nodeFlags: ['--inspect-port=no..inspector:9229', '--import', new URL('./burner.ts', import.meta.url).href],
  });
  return { folder, daemon, burnOrder };
}

/** @throws where it fails, or its archive is larger than promised */
async function snapshot({ folder, daemon }: Scene): Promise<Cost> {
  const [own, main, begun] = [childrenMs(), mainThreadMs(daemon.pid), performance.now()];
  const { data } = await snapshotOf({ folder, configFile: daemon.configFile, socket: daemon.socket });
  assert.ok(statSync(data.file).size <= 64 * 1024 * 1024);
  return { ms: performance.now() - begun, ownMs: childrenMs() - own, mainMs: mainThreadMs(daemon.pid) - main };
}

interface Place {
  readonly folder: string;
  readonly configFile: string;
  readonly socket: string;
}

async function snapshotOf({
  folder,
  configFile,
  socket,
}: Place): Promise<{ readonly data: { readonly file: string } }> {
  const entry = join(root, 'bin/sentinel.js');
  const args = ['incident', 'snapshot', 'INC-001', '--fast', '--json', '-c', configFile];
  const { stdout } = await run(process.execPath, [entry, ...args], {
    env: {
      PATH: process.env['PATH'],
      SENTINEL_ADMIN_SOCKET: socket,
      SENTINEL_INCIDENTS: join(folder, 'incidents'),
      XDG_RUNTIME_DIR: folder,
      HOME: folder,
    },
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout);
}

/** The same CPU in the same time, in processes of their own and on the main thread of the daemon, with nothing to show for it. */
async function burn({ burnOrder }: Scene, { ms, ownMs, mainMs }: Cost): Promise<void> {
  writeFileSync(burnOrder, String(mainMs));
  const lanes = Math.max(1, Math.round(ownMs / ms));
  const loop = `for (const us = ${(ownMs / lanes) * 1000}; process.cpuUsage().user + process.cpuUsage().system < us; );`;
  const burners = Array.from({ length: lanes }, () => spawn(process.execPath, ['-e', loop], { stdio: 'ignore' }));
  await Promise.all(burners.map((burner) => once(burner, 'close')));
  // It looks once a second whether it is to burn.
  await pause(Math.max(0, 1000 - ownMs));
  rmSync(burnOrder);
}

/** CPU that ended children of this process have used, in milliseconds (proc(5): cutime, cstime). */
function childrenMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

/** h2load: start in µs, status, time in µs. */
function p99Of(log: string): number {
  const times = log
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [Number(line.split('\t')[2])]))
    .sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] ?? assert.fail('nothing was timed');
}
