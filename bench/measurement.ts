/**
 * Measures the proxies side by side: all of them run, and rounds go from one to the next, so that whatever else the
 * machine does meets them alike. CPU is read from /proc before and after each run of wrk.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Certificate } from './certificate.ts';
import type { Contender } from './contender.ts';
import { haproxy } from './contenders/haproxy.ts';
import { nginx } from './contenders/nginx.ts';
import { sentinel, sentinelBare, sentinelBlind, sentinelOneRoute } from './contenders/sentinel.ts';
import { checkAnswer, type LoadResult, type LoadSettings, runLoad } from './load.ts';
import type { BenchOptions } from './options.ts';
import type { Origin } from './origin.ts';
import { freePort, machineCpuUs, onCore, ownCpuUs, Running } from './processes.ts';
import type { Workload } from './workloads.ts';

/** One run of one proxy. */
export interface Sample extends LoadResult {
  readonly cpuUs: number;
  readonly elapsedUs: number;
  /** What processes that have nothing to do with the bench used meanwhile: much of it makes the sample doubtful. */
  readonly othersCpuUs: number;
  readonly rssBytes: number;
}

export interface Row {
  readonly workload: string;
  readonly accessLog: boolean;
  readonly contender: string;
  /** In the order of the rounds; empty when it could not be measured. */
  readonly samples: readonly Sample[];
  /** Why the figures are missing, or may not be believed. */
  readonly invalid: string | null;
}

/** sentinel alone, with two workers, under load. */
export interface MemoryRow {
  readonly workload: string;
  readonly rssBytes: number | null;
  readonly invalid: string | null;
}

/** Where a bench runs. */
export interface Place {
  readonly dir: string;
  readonly origin: Origin;
  readonly certificate: Certificate;
  /** Somebody wants it to end. */
  readonly signal: AbortSignal;
}

interface Started {
  readonly contender: Contender;
  readonly port: number;
  readonly running: Running | null;
  problem: string | null;
  readonly samples: Sample[];
}

/** Measures one workload with one setting of the access log; one row for each contender, in their order. */
export async function measure(
  options: BenchOptions,
  place: Place,
  workload: Workload,
  accessLog: boolean,
  progress: (text: string) => void,
): Promise<readonly Row[]> {
  const { cores } = options;
  const load = { seconds: options.seconds, core: cores?.load ?? null, signal: place.signal };
  await using stack = new AsyncDisposableStack();
  const all: Started[] = [];
  for (const contender of contendersFor(workload, options.contenders)) {
    const started = await start(contender, { ...place, workload, accessLog, workers: 1, core: cores?.proxy ?? null });
    stack.use(started.running);
    all.push(started);
  }
  for (const one of all) {
    if (one.problem !== null) continue;
    progress(`warming up ${one.contender.name}`);
    // As long as a round: a JIT needs some hundred thousand requests before its figures settle.
    await attempt(one, place.signal, async () => void (await runLoad(workload, one.port, load)));
  }
  for (let round = 1; round <= options.rounds; round++) {
    for (const one of all) {
      if (one.problem !== null) continue;
      progress(`round ${round}/${options.rounds} ${one.contender.name}`);
      await attempt(one, place.signal, async () => {
        const sample = await takeSample(one.running!, place.origin, workload, one.port, load);
        one.samples.push(sample);
        one.problem = one.running!.ended() ?? doubt(sample, workload);
      });
    }
  }
  return all.map(({ contender, samples, problem }) => ({
    workload: workload.name,
    accessLog,
    contender: contender.name,
    samples,
    invalid: problem,
  }));
}

/** Memory of `contender` with two workers while the workload runs. */
export async function measureMemory(
  contender: Contender,
  place: Place,
  workload: Workload,
  seconds: number,
): Promise<MemoryRow> {
  const started = await start(contender, { ...place, workload, accessLog: true, workers: 2, core: null });
  await using stack = new AsyncDisposableStack();
  stack.use(started.running);
  if (started.problem !== null) return { workload: workload.name, rssBytes: null, invalid: started.problem };
  await attempt(started, place.signal, async () => {
    const load = { seconds, core: null, signal: place.signal };
    const sample = await takeSample(started.running!, place.origin, workload, started.port, load);
    started.samples.push(sample);
    started.problem = started.running!.ended() ?? doubt(sample, workload);
  });
  return { workload: workload.name, rssBytes: started.samples[0]?.rssBytes ?? null, invalid: started.problem };
}

/** Whether the bench has a configuration over TLS for it. */
export function takesTls(contender: Contender): boolean {
  return [sentinel, haproxy, nginx].includes(contender);
}

/**
 * Where routes are many, sentinel also runs with one of them, where guards are on, without any, and where all is observed,
 * with nothing of it: that, and not another workload, is what they are held against.
 */
function contendersFor(workload: Workload, chosen: readonly Contender[]): readonly Contender[] {
  if (workload.guarded) {
    const able = chosen.filter((contender) => contender === sentinel || contender === haproxy);
    return able.flatMap((contender) => (contender === sentinel ? [sentinel, sentinelBare] : [contender]));
  }
  if (workload.observed) return chosen.includes(sentinel) ? [sentinel, sentinelBlind] : [];
  if (workload.tls !== null) return chosen.filter(takesTls);
  if (workload.routes.length === 0) return chosen;
  return chosen.flatMap((contender) => (contender === sentinel ? [sentinel, sentinelOneRoute] : [contender]));
}

interface StartSettings extends Place {
  readonly workload: Workload;
  readonly accessLog: boolean;
  readonly workers: number;
  readonly core: number | null;
}

async function start(contender: Contender, settings: StartSettings): Promise<Started> {
  const { origin, accessLog, workers, workload, core } = settings;
  const dir = `${settings.dir}/${contender.name}`;
  const port = await freePort();
  const found = contender.find();
  if ('missing' in found) return { contender, port, running: null, problem: found.missing, samples: [] };
  // Logs of the run before are dropped, so that a long bench does not fill the disk.
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  const sparePort = await freePort();
  const { routes, guarded, observed } = workload;
  const tls = workload.tls === null ? null : { ...settings.certificate, ...workload.tls };
  const guards = guarded ? { guards: true } : {};
  const shown = observed ? { observed: true } : {};
  const given = { dir, port, sparePort, originPort: origin.port, accessLog, workers, routes, tls, ...guards, ...shown };
  for (const { name, text } of contender.files(given)) writeFileSync(`${dir}/${name}`, text);
  const running = new Running(contender.name, onCore(core, contender.command(given)), dir, contender.env(given));
  try {
    await running.untilReady(() => checkAnswer(workload, port), settings.signal);
    return { contender, port, running, problem: null, samples: [] };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    return { contender, port, running: null, problem: (error as Error).message, samples: [] };
  }
}

/** A proxy that falls over under load costs its own row, not the bench. */
async function attempt(one: Started, signal: AbortSignal, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    signal.throwIfAborted();
    one.problem = one.running?.ended() ?? (error as Error).message;
  }
}

async function takeSample(
  running: Running,
  origin: Origin,
  workload: Workload,
  port: number,
  settings: LoadSettings,
): Promise<Sample> {
  const before = running.usage();
  const benchCpuUs = (): number => running.usage().cpuUs + origin.usage().cpuUs + ownCpuUs();
  const othersBefore = machineCpuUs() - benchCpuUs();
  const begin = performance.now();
  let rssBytes = before.rssBytes;
  const watch = setInterval(() => (rssBytes = Math.max(rssBytes, running.usage().rssBytes)), 200);
  try {
    const load = await runLoad(workload, port, settings);
    const elapsedUs = (performance.now() - begin) * 1000;
    const cpuUs = running.usage().cpuUs - before.cpuUs;
    const othersCpuUs = Math.max(0, machineCpuUs() - benchCpuUs() - othersBefore);
    return { ...load, cpuUs, elapsedUs, othersCpuUs, rssBytes };
  } finally {
    clearInterval(watch);
  }
}

/** What makes a sample worthless; `null` = nothing. */
function doubt(
  { badStatus, socketErrors, timeouts, requests, bytes }: Sample,
  { responseBytes }: Workload,
): string | null {
  if (badStatus + socketErrors + timeouts > 0) {
    return `${badStatus} answers not 2xx, ${socketErrors} socket errors, ${timeouts} timeouts`;
  }
  if (requests === 0) return 'no request was answered';
  return bytes < requests * responseBytes ? `${bytes} bytes for ${requests} answers of ${responseBytes}` : null;
}
