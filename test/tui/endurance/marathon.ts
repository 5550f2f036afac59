/**
 * Runs the screen itself through many frames in front of a terminal of nobody, time turned by hand, and says what it left behind. A
 * program of its own, as what is measured is a process: `node --expose-gc marathon.ts FRAMES UPSTREAMS TARGETS ROUTES COLUMNS ROWS`.
 */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import type { FeedNews } from '../../../src/tui/feed/reading.ts';
import { runScreen } from '../../../src/tui/screen/run.ts';
import { initialState } from '../../../src/tui/store/reduce.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { type DaySize, newsOf } from './long-day.ts';

/** One frame for each of these. */
const SECOND_MS = 864;
/** Frames before memory is looked at for the first time: caches fill, and what is kept of the past reaches its length. */
const WARM_UP = 2_000;

/** Pressed one after the other, one a frame: every view, every overlay, sorting, filters, drill-downs, times gone by. */
const journey: readonly string[] = [
  ...['1', 'j', 'j', '\r', 'j', '\u001b', '\u001b'],
  ...['2', 'j', 'k', 's', '\u001b', 'S', 'r'],
  ...['3', 'j', '\r', '\u001b', '/', 'c', 'a', 'u', 's', 'e', '\u001b'],
  ...['4', 'j', '5', 'j', 'c', '6', '7', 'j', '8', 'j'],
  ...['?', '\u001b', ':', 'd', '\u001b', '1', 'j', 'e', '\u001b', 'y', '\u001b'],
  ...['a', '\u001b', 'f', 'f', 'w', 'w', 'p', 'p', 'P', 'P', '[', '[', '[', ']', ']', ']'],
  ...[' ', ' ', 'G', 'g', 'g'],
];

const [frames = 1_000, upstreams = 8, targetsEach = 5, routes = 20, columns = 160, rows = 50] = process.argv
  .slice(2)
  .map(Number);
const size: DaySize = { upstreams, targetsEach, routes };

class Paper extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  columns = columns;
  rows = rows;
  written = 0;
  frames = 0;
  write(bytes: string | Uint8Array, ...rest: readonly unknown[]): boolean {
    this.written += bytes.length;
    this.frames += 1;
    const done = rest.at(-1);
    if (typeof done === 'function') queueMicrotask(() => done());
    return true;
  }
  end(): void {}
  destroy(): void {}
}

class Keys extends EventEmitter {
  readonly isTTY = true;
  setRawMode(): this {
    return this;
  }
  resume(): this {
    return this;
  }
  pause(): this {
    return this;
  }
  ref(): void {}
  unref(): void {}
}

const paper = new Paper();
const keys = new Keys();
const clock = new ManualClock();
const stopped = new AbortController();
let tell: (news: FeedNews) => void = () => {};
const over = runScreen({
  streams: { stdin: keys as unknown as NodeJS.ReadStream, stdout: paper as unknown as NodeJS.WriteStream },
  feed: {
    start: (onNews) => {
      tell = onNews;
    },
    want: () => {},
    refresh: () => {},
    perform: async () => ({ kind: 'failed', words: 'nobody is there' }),
    stop: async () => {},
  },
  beginning: (screen, nowMs) => initialState({ nodes: ['local'], size: screen, nowMs }),
  look: { colour: 'ansi16', ascii: false },
  clock,
  environment: {},
  interruption: { signal: stopped.signal, exitCode: () => 0 },
  snapshot: async () => ({ tone: 'info', words: 'nothing was taken' }),
  explain: async (code) => ({ title: code, lines: ['what it means'] }),
});
// What it draws with is loaded first.
while (paper.frames === 0) await turn();

const heap = (): number => {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
const begun = process.cpuUsage();
const samples: number[] = [];
let shown = 0;
for (let frame = 0; frame < frames; frame++) {
  const before = paper.frames;
  for (const news of newsOf(frame, clock.now(), size)) tell(news);
  keys.emit('data', Buffer.from(journey[frame % journey.length] as string));
  clock.advance(SECOND_MS);
  // Replies of effects, and what React leaves for later.
  await turn();
  if (paper.frames > before) shown++;
  if (frame === Math.min(WARM_UP, Math.floor(frames / 2)) || (frame > WARM_UP && frame % 5_000 === 0))
    samples.push(heap());
}
samples.push(heap());
const { user, system } = process.cpuUsage(begun);
// Node looks through the other build for the names of its exports, too: that has been found and not run.
const { cache } = createRequire(import.meta.url);
const loaded = Object.keys(cache).filter((file) => cache[file]?.loaded === true);
process.stdout.write(
  `${JSON.stringify({
    frames,
    shown,
    heap: samples,
    growth: (samples.at(-1) as number) - (samples[0] as number),
    development: loaded.filter((file) => /react.*\.development/.test(file)),
    production: loaded.filter((file) => /react.*\.production/.test(file)).length,
    nodeEnv: process.env['NODE_ENV'] ?? null,
    entries: performance.getEntries().length,
    bytes: paper.written,
    cpuMsPerFrame: (user + system) / 1_000 / frames,
  })}\n`,
);
stopped.abort();
await over;
