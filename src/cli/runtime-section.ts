/**
 * The part of `sentinel status --runtime`: what the machine allows the process and what it uses of it, and how the threads are.
 * For somebody who asks "is it us?"; `?` is what could not be read, with the reason below. Text only.
 */
import { bytesText } from '../base/units.ts';
import type { PressureState, RuntimeReply, ThreadState } from '../admin/contract/runtime-shapes.ts';
import { percentText } from './rates.ts';
import type { Style } from './streams.ts';
import { countText, durationText, latencyText, printable, table } from './text.ts';

/** From this share of a bound on it is coloured: time to look for more room. */
const NEAR = 0.8;
/** A loop that is busier has no time left for what comes. */
const BUSY = 0.9;

export function runtimeText(runtime: RuntimeReply, style: Style): string {
  const rows: readonly (readonly [string, string])[] = [
    ['memory', memoryText(runtime, style)],
    ['cpu', cpuText(runtime, style)],
    ['pressure', pressureText(runtime)],
    ['files', filesText(runtime, style)],
  ];
  const { process: own, unknown } = runtime;
  const facts = rows.map(([name, value]) => `${style.dim(name.padEnd(10))} ${value}\n`).join('');
  const reasons = Object.entries(unknown).map(([path, why]) => `${style.dim(`? ${path}: ${printable(why)}`)}\n`);
  return `\n${facts}${style.dim('threads'.padEnd(10))} ${known(own.threads, countText)} in all\n\n${threadTable(runtime, style)}${reasons.join('')}`;
}

function memoryText({ process: own, memory, cgroup }: RuntimeReply, style: Style): string {
  const { current_bytes: current, limit_bytes: limit, oom_kills: kills } = cgroup.memory;
  const sources = { cgroup: 'cgroup', configuration: 'max-memory-bytes', machine: 'machine' } as const;
  const kept = bounded(own.rss_bytes, memory.limit_bytes, style, bytesText);
  const group = limit === null ? known(current, bytesText) : `${known(current, bytesText)} of ${bytesText(limit)}`;
  const killed = kills === null ? '? OOM kills' : `${countText(kills)} OOM ${kills === 1 ? 'kill' : 'kills'}`;
  const shed = memory.shed_above_bytes === null ? [] : [`load is shed above ${bytesText(memory.shed_above_bytes)}`];
  return [
    `${kept} (${sources[memory.limit_source]})`,
    `cgroup ${group}`,
    kills !== null && kills > 0 ? style.yellow(`▲ ${killed}`) : killed,
    ...shed,
  ].join(', ');
}

function cpuText({ process: own, cgroup }: RuntimeReply, style: Style): string {
  const { limit, throttled_ms: throttled } = cgroup.cpu;
  const count = known(own.cpu_used, cores);
  const used = limit === null ? `${count} cores in 10 s, no cgroup limit` : `${count} of ${cores(limit)} cores in 10 s`;
  const held =
    throttled === null ? 'throttled ?' : throttled === 0 ? 'never throttled' : `throttled ${durationText(throttled)}`;
  const near = limit !== null && own.cpu_used !== null && own.cpu_used >= limit * NEAR;
  return `${near ? style.yellow(`▲ ${used}`) : used}, ${held}`;
}

function cores(count: number): string {
  return count < 0.005 ? '0' : count.toFixed(2);
}

function pressureText({ pressure }: RuntimeReply): string {
  const { source } = pressure;
  const one = (name: string, state: PressureState | null) =>
    `${name} ${state === null ? '?' : state.some === 0 ? '·' : `${percentText(state.some)}%`}`;
  const all = [one('cpu', pressure.cpu), one('memory', pressure.memory), one('io', pressure.io)].join(', ');
  return source === null ? all : `waited for ${all} of the last 10 s (${source})`;
}

function filesText({ process: own, unknown }: RuntimeReply, style: Style): string {
  const { open, limit } = own.descriptors;
  if (open !== null && limit !== null) return `${bounded(open, limit, style, countText)} descriptors`;
  const most =
    limit === null && unknown['process.descriptors.limit'] === undefined ? 'any number' : known(limit, countText);
  return `${known(open, countText)} of ${most} descriptors`;
}

function bounded(used: number, limit: number, style: Style, words: (value: number) => string): string {
  const text = `${words(used)} of ${words(limit)} (${percentText(used / limit)}%)`;
  return used >= limit * NEAR ? style.yellow(`▲ ${text}`) : text;
}

function threadTable({ main, workers }: RuntimeReply, style: Style): string {
  const columns = [
    { title: 'THREAD' },
    { title: 'BUSY%', right: true },
    { title: 'LATE P50', right: true },
    { title: 'P99', right: true },
    { title: 'MAX', right: true },
    { title: 'HEAP', right: true },
    { title: 'BUFFERS', right: true },
    { title: 'GC' },
  ];
  const threads: readonly (readonly [string, ThreadState])[] = [
    ['main', main],
    ...workers.map((worker) => [`worker ${worker.worker}`, worker] as const),
  ];
  const [titles = '', ...lines] = table(
    columns,
    threads.map(([name, thread]) => cellsOf(name, thread)),
  )
    .trimEnd()
    .split('\n');
  const painted = lines.map((line, index) =>
    (threads[index]?.[1].loop_utilization ?? 0) >= BUSY ? style.yellow(line) : line,
  );
  return `${[style.dim(titles), ...painted].join('\n')}\n`;
}

function cellsOf(
  name: string,
  { loop_utilization: busy, loop_delay: delay, heap, gc }: ThreadState,
): readonly string[] {
  return [
    name,
    known(busy, percentText),
    ...[delay?.p50_ms, delay?.p99_ms, delay?.max_ms].map((ms) => (ms === undefined ? '?' : latencyText(ms))),
    heap === null ? '?' : bytesText(heap.used_bytes),
    heap === null ? '?' : bytesText(heap.external_bytes),
    gc === null
      ? '?'
      : `${countText(gc.count)} in ${durationText(gc.window_ms)}, ${latencyText(gc.pause_ms)} in all, ${latencyText(gc.max_pause_ms)} at most`,
  ];
}

function known<T>(value: T | null, words: (value: T) => string): string {
  return value === null ? '?' : words(value);
}
