/** Which threads of the daemon stand still: the whole process, the workers, the one that the admin API lives in. Read by rules. */
import { type Case, seen } from './case.ts';
import type { EndpointAnswers } from './facts/network.ts';
import type { Evidence } from './judgement.ts';

/** State `T` or `t`: stopped by a signal or a debugger. */
export function isFrozen(of: Case): boolean {
  const state = of.process?.kernel_state;
  return typeof of.process?.pid === 'number' && (state === 'T' || state === 't');
}

/** It was told to end, and waits for what is in flight. */
export function isShuttingDown(of: Case): boolean {
  if (of.daemon !== null) return of.daemon.status.state === 'draining';
  const run = of.death?.last_run ?? null;
  return run !== null && run.pid === of.process?.pid && run.stopping !== null;
}

export interface StillWorkers {
  readonly silent: readonly number[];
  readonly workers: number;
  /** Every worker has answered the main thread just now: what waits, waits for a busy one. */
  readonly allAnswer: boolean;
  /** Share of the questions to health paths that nobody answered. */
  readonly unansweredRatio: number;
  readonly evidence: readonly Evidence[];
}

/** Null = all workers answer, as far as is known. */
export function stillWorkers(of: Case): StillWorkers | null {
  if (of.process?.pid === null || isFrozen(of)) return null;
  const silent = new Set<number>(of.clients?.by_address.unanswered ?? []);
  for (const path of Object.keys(of.threads?.unknown ?? {})) {
    const worker = /^workers\.(\d+)\.heap$/.exec(path)?.[1];
    if (worker !== undefined) silent.add(Number(worker));
  }
  const carrying = (of.daemon?.workers ?? []).filter(({ leaving }) => !leaving);
  const dead = carrying.filter(({ alive }) => !alive).map(({ worker }) => worker);
  for (const worker of dead) silent.add(worker);
  const health = (of.endpoints?.listeners ?? []).map((one) => one.health);
  const asked = health.reduce((sum, one) => sum + one.asked, 0);
  // A worker that hangs is ended after a while, and with it what waited for it.
  const unanswered = health.reduce((sum, one) => sum + noAnswer(one) + (silent.size > 0 ? one.reset : 0), 0);
  const hung = recentlyHung(of);
  if (silent.size === 0 && unanswered === 0 && hung.length === 0) return null;
  const named = [...silent].sort((a, b) => a - b);
  return {
    silent: named,
    allAnswer: named.length === 0 && (of.threads?.workers ?? []).some(({ heap }) => heap !== null),
    workers: Math.max(carrying.length || (of.threads?.workers.length ?? 0), silent.size, 1),
    unansweredRatio: asked === 0 ? 0 : unanswered / asked,
    evidence: [
      ...(unanswered === 0
        ? []
        : [
            seen('endpoints', `${unanswered} of ${asked} questions to the health path got no answer`, {
              value: unanswered,
              threshold: 0,
            }),
          ]),
      ...(named.length === 0
        ? []
        : [seen('threads', `worker ${named.join(', ')} gives no answer`, { value: named.length, threshold: 0 })]),
      ...hung,
    ],
  };
}

/** Connected, and nothing came. */
export function noAnswer({ timed_out, why }: EndpointAnswers): number {
  return why !== null && /no connection within/.test(why) && !/connected/.test(why) ? 0 : timed_out;
}

/** A worker that hung is replaced after some seconds: what it carried is lost, and the next may hang in the same way. */
const RECENT_MS = 60_000;

function recentlyHung(of: Case): readonly Evidence[] {
  const deaths = (of.changes?.events ?? []).filter(
    ({ kind, last_at, words, detail }) =>
      kind === 'worker_death' &&
      of.nowMs - Date.parse(last_at) < RECENT_MS &&
      /hung|heartbeat|stuck|stands still/i.test(`${words} ${detail ?? ''}`),
  );
  return deaths.map((one) =>
    seen(
      'changes',
      `${one.words}${one.detail === null ? '' : `: ${one.detail}`} (worker ${one.subject}, ×${one.count})`,
      { value: one.count, at: one.last_at },
    ),
  );
}
