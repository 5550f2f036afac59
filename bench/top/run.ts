/**
 * `npm run bench -- top`: what the screen costs in front of 500 targets and 200 routes, asked once a second: processor time, bytes to
 * the terminal, how long a key takes to show, memory. Measures the real program in a real pseudoterminal, and writes it down.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { mainThreadCpuUs, treeUsage } from '../processes.ts';
import { page, printed, type Span } from './report.ts';
import { startScene, type Scene } from './scene.ts';
import { type KeyTime, MeasuredTerminal } from './terminal.ts';

const usage = `npm run bench -- top [options]
  --targets N   targets (500)
  --routes N    routes (200)
  --seconds N   length of one measurement (20)
  --keys N      keys of one view (50)
  --sources     run src/ instead of dist/
  --help        this text
Only a run without options replaces bench/top/RESULTS.md.
`;

const size = { columns: 160, rows: 50 };
const settledMs = 75_000;
const warmUpMs = 5_000;
/** Light: a few requests of every route in a minute. */
const requestsPerSecond = 50;
/** As many as an operator presses while one looks at something. */
const keyPauseMs = 60;
const root = path.join(import.meta.dirname, '../..');

export interface TopOptions {
  readonly targets: number;
  readonly routes: number;
  readonly seconds: number;
  readonly keys: number;
  readonly sources: boolean;
  readonly complete: boolean;
}

/**
 * What is pressed in a view, one after the other and again: down and up, or into it and back. Rows keep their order meanwhile (`p`), as a
 * cursor that stays on what has come to the top cannot go up.
 */
const journeys: readonly Journey[] = [
  { view: 'upstreams', enter: ['1', 'g', 'g', 'p'], keys: ['j', 'j', 'j', 'k', 'k', 'k'], leave: 'p' },
  { view: 'routes', enter: ['2', 'g', 'g', 'p'], keys: ['j', 'j', 'j', 'k', 'k', 'k'], leave: 'p' },
  { view: 'help over it', enter: ['1'], keys: ['?', '\u001b'], leave: '' },
  { view: 'from view to view', enter: ['1'], keys: ['2', '3', '4', '5', '6', '7', '8', '1'], leave: '' },
];

interface Journey {
  readonly view: string;
  readonly enter: readonly string[];
  readonly keys: readonly string[];
  readonly leave: string;
}

export async function benchTop(args: readonly string[]): Promise<number> {
  let options: TopOptions | null;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options === null) {
    process.stdout.write(usage);
    return 0;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  const dir = mkdtempSync(path.join(tmpdir(), 'sentinel-bench-top-'));
  try {
    return await measureAll(dir, options, interrupt.signal);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measureAll(dir: string, options: TopOptions, signal: AbortSignal): Promise<number> {
  const launch = [process.execPath, path.join(root, options.sources ? 'src/cli/sentinel.ts' : 'dist/cli/sentinel.js')];
  await using stack = new AsyncDisposableStack();
  const scene = stack.use(await startScene(dir, launch, options, signal));
  // Every target has been checked, and nothing is so young any more that its age is told in seconds.
  process.stdout.write(
    `${options.targets} targets, ${options.routes} routes; waiting until they have been up for a while\n`,
  );
  await pause(settledMs, undefined, { signal });
  const idle = await daemonShare(scene, 5_000, signal);

  const terminal = stack.use(
    new MeasuredTerminal([...launch, 'top'], size, {
      SENTINEL_ADMIN_SOCKET: scene.socket,
      HOME: dir,
      XDG_STATE_HOME: dir,
    }),
  );
  const begun = performance.now();
  await terminal.until((screen) => screen.some((line) => line.includes('pool-0')));
  const firstMs = performance.now() - begun;
  await pause(warmUpMs, undefined, { signal });

  const spans: Span[] = [];
  const span = async (name: string, keys: string): Promise<void> => {
    terminal.type(keys);
    await pause(1_500, undefined, { signal });
    spans.push(await measureSpan(name, scene, terminal, options.seconds, signal));
    process.stdout.write(`${printed([spans.at(-1)!])}\n`);
  };
  await span('nothing changes, upstreams', '1');
  scene.traffic(requestsPerSecond);
  await pause(warmUpMs, undefined, { signal });
  await span('light traffic, upstreams', '1');
  await span('light traffic, routes', '2');
  await span('light traffic, errors', '3');

  const latencies = new Map<string, readonly KeyTime[]>();
  for (const { view, enter, keys, leave } of journeys) {
    for (const key of enter) {
      terminal.type(key);
      await pause(500, undefined, { signal });
    }
    await pause(1_000, undefined, { signal });
    const taken: KeyTime[] = [];
    for (let index = 0; index < options.keys; index++) {
      taken.push(await terminal.latency(keys[index % keys.length] as string));
      await pause(keyPauseMs, undefined, { signal });
    }
    latencies.set(view, taken);
    terminal.type(leave);
  }
  const facts = {
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Linux ${release()}, Node ${process.versions.node}`,
    load: loadavg()[0] ?? 0,
    at: new Date().toISOString(),
    firstMs,
    idleDaemon: idle,
    options,
  };
  const text = page(facts, spans, latencies);
  process.stdout.write(`\n${text}`);
  if (options.complete) {
    writeFileSync(path.join(import.meta.dirname, 'RESULTS.md'), text);
    process.stdout.write('\nbench/top/RESULTS.md written\n');
  }
  return 0;
}

async function measureSpan(
  name: string,
  scene: Scene,
  terminal: MeasuredTerminal,
  seconds: number,
  signal: AbortSignal,
): Promise<Span> {
  const { bytes, frames } = terminal;
  const before = treeUsage(terminal.pid);
  const daemonBefore = mainThreadCpuUs(scene.pid);
  const begun = performance.now();
  await pause(seconds * 1_000, undefined, { signal });
  const tookMs = performance.now() - begun;
  const after = treeUsage(terminal.pid);
  return {
    name,
    seconds: tookMs / 1_000,
    share: (after.cpuUs - before.cpuUs) / 1_000 / tookMs,
    bytesPerSecond: ((terminal.bytes - bytes) / tookMs) * 1_000,
    framesPerSecond: ((terminal.frames - frames) / tookMs) * 1_000,
    daemonShare: (mainThreadCpuUs(scene.pid) - daemonBefore) / 1_000 / tookMs,
    rssBytes: after.rssBytes,
  };
}

/** Share of a core that the main thread of the daemon takes while nobody looks. */
async function daemonShare({ pid }: Scene, ms: number, signal: AbortSignal): Promise<number> {
  const before = mainThreadCpuUs(pid);
  await pause(ms, undefined, { signal });
  return (mainThreadCpuUs(pid) - before) / 1_000 / ms;
}

/** Throws with a sentence for people; `null` = only help was asked for. */
function readOptions(args: readonly string[]): TopOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      targets: { type: 'string', default: '500' },
      routes: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '20' },
      keys: { type: 'string', default: '50' },
      sources: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const number = (flag: 'targets' | 'routes' | 'seconds' | 'keys'): number => {
    const value = Number(values[flag]);
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`--${flag} ${values[flag]}: expected a whole number from 1`);
    return value;
  };
  return {
    targets: number('targets'),
    routes: number('routes'),
    seconds: number('seconds'),
    keys: number('keys'),
    sources: values.sources,
    complete: args.length === 0,
  };
}
