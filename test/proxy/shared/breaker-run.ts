/** Threads that use one breaker together, round by round. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import {
  breakerFields,
  type BreakerLimits,
  type BreakerState,
  breakerWords,
} from '../../../src/proxy/shared/breaker.ts';
import { type Cell, type CellRef, CellRegistry, type CellSegment } from '../../../src/proxy/shared/cells.ts';

/** Words that the threads of one run share. */
export const runWords = { ready: 0, round: 1, done: 2, inside: 3, most: 4, now: 5, length: 6 } as const;

export interface Hammering {
  readonly work: 'fail' | 'try' | 'everything';
  readonly segments: readonly CellSegment[];
  readonly cell: CellRef;
  readonly lane: number;
  readonly limits: BreakerLimits;
  readonly run: SharedArrayBuffer;
  readonly rounds: number;
  readonly steps: number;
}

export interface Hammered {
  readonly admitted: number;
  readonly changes: Readonly<Record<BreakerState, number>>;
}

export const threads = 3;

export interface Run {
  readonly cell: Cell;
  readonly words: Int32Array;
  readonly trips: () => number;
  /** Lets all threads do one round, and waits until they are through. */
  round(meanwhile?: () => void): Promise<void>;
  end(): Promise<Hammered[]>;
}

/** Starts the threads; none does anything before its first round. */
export async function startRun(
  work: Hammering['work'],
  limits: BreakerLimits,
  rounds: number,
  steps: number,
): Promise<Run> {
  const registry = new CellRegistry(threads + 1);
  const cell = registry.cell('breaker', breakerFields.laneLength, breakerWords, 0);
  const run = new SharedArrayBuffer(runWords.length * 4);
  const words = new Int32Array(run);
  const { segments } = registry;
  const workers = Array.from({ length: threads }, (_, lane) => {
    const workerData: Hammering = { work, segments, cell, lane, limits, run, rounds, steps };
    return new Worker(new URL('./breaker-hammer.ts', import.meta.url), { workerData });
  });
  const results = Promise.all(workers.map(async (worker) => ((await once(worker, 'message')) as [Hammered])[0]));
  const reach = async (word: number, value: number) => {
    for (;;) {
      const seen = Atomics.load(words, word);
      if (seen >= value) return;
      await Atomics.waitAsync(words, word, seen).value;
    }
  };
  await reach(runWords.ready, threads);
  let round = 0;
  return {
    cell: registry.view(cell, threads),
    words,
    trips: () => registry.sum(cell, breakerFields.trips),
    async round(meanwhile) {
      Atomics.store(words, runWords.round, ++round);
      Atomics.notify(words, runWords.round);
      meanwhile?.();
      await reach(runWords.done, round * threads);
    },
    end: () => results,
  };
}
