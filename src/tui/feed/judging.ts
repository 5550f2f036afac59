/**
 * The verdict of the screen: what `sentinel diagnose` would say of what the admin API alone tells. Called by the feed with every
 * reading; judges seldom, and says again what it said while nothing changed that counts. Looks at no file, process or target.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DaemonTarget } from '../../admin/client/address.ts';
import type { Clock } from '../../base/clock.ts';
import type { RunContext } from '../../base/run-files.ts';
import type { Verdict } from '../../diagnosis/judgement.ts';
import type { Thresholds } from '../../diagnosis/thresholds.ts';
import { ReadingClient } from './judging-client.ts';
import type { Court } from './judging-court.ts';
import { signsOf } from './judging-signs.ts';
import type { Reading } from './reading.ts';

export interface Judged {
  readonly verdict: Verdict | null;
  /** Why there is none; null where there is one. */
  readonly why: string | null;
  /** Beyond what numbers are worth a word, by the configuration; absent where it was not judged. */
  readonly thresholds?: Thresholds;
}

export interface Judge {
  /** The same object as before where it was not judged anew. Never rejects. Runs of one daemon do not overlap. */
  judge(reading: Reading): Promise<Judged>;
  /** Gives up what is under way; nothing is judged afterwards. */
  close(): void;
}

export interface JudgeParts {
  /** As the feed has them: a reading is of the one that bears its name. */
  readonly targets: readonly DaemonTarget[];
  readonly version: string;
  readonly token?: string;
  readonly run: RunContext;
  readonly clock: Clock;
  readonly directory: string;
}

/** What changed is judged so soon after the last time, ms; */
const SOONEST_MS = 2_000;
/** and what did not so late: certificates end, windows slide, and events come without any change of state. */
const LATEST_MS = 10_000;

export function createJudge(parts: JudgeParts): Judge {
  const benches = new Map(parts.targets.map((target) => [target.name, new Bench(target, parts)]));
  let court: Promise<Court> | null = null;
  const open = (): Promise<Court> => {
    court ??= load(parts);
    return court;
  };
  return {
    judge(reading) {
      const bench = benches.get(reading.node);
      if (bench === undefined)
        return Promise.resolve({ verdict: null, why: `${reading.node} is no daemon of this screen` });
      return bench.judge(reading, open);
    },
    close() {
      for (const bench of benches.values()) bench.close();
    },
  };
}

/** Most of the program, and all runbooks: not before the first reading, and so not before the first frame; in turns, as keys may come. */
async function load(parts: JudgeParts): Promise<Court> {
  await import('../../runbook/shelf.ts');
  await nextTurn();
  await import('../../diagnosis/judge.ts');
  await nextTurn();
  await import('../../diagnosis/probes/changes.ts');
  await nextTurn();
  const { openCourt } = await import('./judging-court.ts');
  return openCourt(parts);
}

/** What was said of one daemon, and when. */
class Bench {
  readonly #client: ReadingClient;
  readonly #closed = new AbortController();
  readonly #clock: Clock;
  #signs = '';
  #atMs = Number.NEGATIVE_INFINITY;
  #last: Promise<Judged> | null = null;
  #busy = false;

  constructor(target: DaemonTarget, { version, token, clock }: JudgeParts) {
    const options = { target, version, keepAlive: true, ...(token === undefined ? {} : { token }) };
    this.#client = new ReadingClient(options, clock);
    this.#clock = clock;
  }

  judge(reading: Reading, open: () => Promise<Court>): Promise<Judged> {
    const signs = signsOf(reading);
    const since = this.#clock.now() - this.#atMs;
    const due = since >= LATEST_MS || (since >= SOONEST_MS && signs !== this.#signs);
    if (this.#last !== null && (this.#busy || !due)) return this.#last;
    this.#signs = signs;
    this.#atMs = this.#clock.now();
    this.#busy = true;
    this.#last = this.#judged(reading, open).finally(() => {
      this.#busy = false;
    });
    return this.#last;
  }

  close(): void {
    this.#closed.abort();
    this.#client.close();
  }

  async #judged(reading: Reading, open: () => Promise<Court>): Promise<Judged> {
    try {
      const court = await open();
      this.#client.read(reading);
      return { ...(await court.judge(reading, this.#client, this.#closed.signal)), why: null };
    } catch (error) {
      // The screen goes on without a verdict, and says so.
      return {
        verdict: null,
        why: `it could not be judged: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  }
}
