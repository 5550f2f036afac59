/**
 * Runs all collectors at once, each within its own time, the whole within its own: a source that is dead, hangs or fails becomes an
 * item that is missing and says why, and never keeps another from being there. Leaves nothing behind: what is under way when time
 * is over is cut. Called by the command that takes snapshots.
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import { SentinelError } from '../../base/errors.ts';
import { Overdue, withinTime } from '../../base/time-limit.ts';
import { rfc3339 } from '../../base/units.ts';
import type { FoundItem, Item, MissingItem } from '../bundle/item.ts';
import {
  type CollectContext,
  type CollectLimits,
  type Collector,
  fastTotalMs,
  headStartMs,
  logQuota,
  patienceMs,
  reprieveMs,
  totalMs,
} from './collector.ts';
import { collectors } from './collectors.ts';
import { ndjsonText } from './daemon-state.ts';
import { CollectFault } from './fault.ts';
import { Lookups } from './lookups.ts';

const diaryPath = 'collector.ndjson';

/** How long a collector may take to give up once its time is over; then it is not waited for. */
const GRACE_MS = 150;

export interface CollectOptions {
  readonly fast: boolean;
  /** Milliseconds. */
  readonly windowMs: number;
  readonly logsMs: number;
  /** Bytes of each log; default by `fast`. */
  readonly logBytes?: number;
  /** Gives up: what is there by then is all. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (news: CollectNews) => void;
  /** Bound on the whole; default by `fast`. */
  readonly withinMs?: number;
  /** Of the caller, where it wants to know the same; default own ones. */
  readonly lookups?: Lookups;
  /** Others than all: a series takes a few of them again. */
  readonly table?: readonly Collector[];
}

export interface CollectNews {
  readonly path: string;
  readonly state: 'started' | 'found' | 'nothing' | 'missing';
}

/** Found or missing, sorted by path; the last is the diary of who was asked when. Never rejects. */
export async function collectItems(context: CollectContext, options: CollectOptions): Promise<readonly Item[]> {
  const { clock } = context.surroundings;
  const table = (options.table ?? [...collectors, ...context.writings]).filter(({ fast }) => fast || !options.fast);
  // Timers of the clock do not keep the process alive, and a source that hangs may have nothing else that does.
  const hold = setInterval(() => {}, totalMs);
  const run = new Collecting(context, options);
  try {
    const light = table.filter(({ heavy }) => heavy !== true).map((collector) => run.of(collector));
    const heavy = table.filter(({ heavy: isHeavy }) => isHeavy === true);
    const begin = Promise.race([Promise.all(light), later(clock, heavy.length === 0 ? 0 : headStartMs)]);
    const found = await Promise.all([
      ...light,
      ...heavy.map(async (collector) => {
        await begin;
        return run.of(collector);
      }),
    ]);
    const items = found.flat().toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    return [...distinct(items), run.diary(clock)];
  } finally {
    run.close();
    clearInterval(hold);
  }
}

function later(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((done) => void clock.after(delayMs, done));
}

class Collecting {
  readonly #context: CollectContext;
  readonly #options: CollectOptions;
  readonly #limits: CollectLimits;
  readonly #lookups: Lookups;
  readonly #over = new AbortController();
  /** The same for what must be there. */
  readonly #atLast = new AbortController();
  readonly #timers: readonly Stoppable[];
  readonly #lines: object[] = [];
  readonly #begun: string;
  readonly #giveUp = (): void => this.#end(new Overdue('it was given up before there was an answer'));

  constructor(context: CollectContext, options: CollectOptions) {
    const { clock } = context.surroundings;
    this.#context = context;
    this.#options = options;
    const { fast, windowMs, logsMs, logBytes = fast ? logQuota.fast : logQuota.usual } = options;
    this.#limits = { fast, windowMs, logsMs, logBytes };
    this.#lookups = options.lookups ?? new Lookups(context.surroundings, this.#atLast.signal, fast);
    this.#begun = rfc3339(clock.wallMs());
    const most = options.withinMs ?? (fast ? fastTotalMs : totalMs);
    const late = new Overdue(`no answer within the ${most / 1000} s that the whole may take`);
    this.#timers = [
      clock.after(most, () => this.#over.abort(late)),
      clock.after(most + reprieveMs, () => this.#atLast.abort(late)),
    ];
    options.signal?.addEventListener('abort', this.#giveUp);
    if (options.signal?.aborted === true) this.#giveUp();
  }

  close(): void {
    for (const timer of this.#timers) timer.stop();
    this.#options.signal?.removeEventListener('abort', this.#giveUp);
    // Whatever is still under way for nobody.
    this.#end(new Overdue('the collection is over'));
  }

  #end(why: Overdue): void {
    this.#over.abort(why);
    this.#atLast.abort(why);
  }

  async of(collector: Collector): Promise<readonly Item[]> {
    const { clock } = this.#context.surroundings;
    const started = rfc3339(clock.wallMs());
    const begun = clock.now();
    const took = (): number => Math.round(clock.now() - begun);
    this.#tell(collector, 'started');
    try {
      const pieces = await this.#within(collector);
      const ms = took();
      // A daemon of another version may leave out what this one asks for.
      if (pieces.some(({ content }) => typeof content !== 'string'))
        throw new CollectFault('the answer lacks what was asked for');
      const items = pieces.map(
        ({
          path = collector.path,
          kind = collector.kind,
          source = collector.source,
          content,
          truncated,
        }): FoundItem => ({
          path,
          class: collector.class,
          kind,
          content,
          source,
          started,
          ms,
          truncated: truncated ?? null,
        }),
      );
      this.#note(collector, started, ms, items.length === 0 ? 'nothing' : 'found', null);
      return items;
    } catch (error) {
      const ms = took();
      const why = whyOf(error);
      this.#note(collector, started, ms, 'missing', why);
      const missing: MissingItem = {
        path: collector.path.replace('*', 'all'),
        class: collector.class,
        source: collector.source,
        started,
        ms,
        error: why,
      };
      return [missing];
    }
  }

  /** When which source was asked, and what came of it. */
  diary(clock: Clock): FoundItem {
    const head = {
      schema: 'sentinel.collector/1',
      begun: this.#begun,
      ended: rfc3339(clock.wallMs()),
      ...this.#limits,
    };
    return {
      path: diaryPath,
      class: 'record',
      kind: 'ndjson',
      content: ndjsonText([head, ...this.#lines]),
      source: 'this command',
      started: this.#begun,
      ms: 0,
      truncated: null,
    };
  }

  /** @throws what the collector throws, `Overdue` when its time is over */
  #within(collector: Collector): ReturnType<Collector['find']> {
    const mostMs = collector.timeoutMs ?? patienceMs;
    const limit = {
      clock: this.#context.surroundings.clock,
      mostMs,
      graceMs: GRACE_MS,
      over: (collector.mandatory === true ? this.#atLast : this.#over).signal,
      late: `no answer within ${mostMs / 1000} s`,
    };
    const scene = { ...this.#context, ...this.#limits, lookups: this.#lookups };
    return withinTime(limit, (signal) => collector.find({ ...scene, signal }));
  }

  #note(
    { path, source }: Collector,
    started: string,
    ms: number,
    state: CollectNews['state'],
    why: string | null,
  ): void {
    this.#lines.push({ at: started, path, source, ms, state, ...(why === null ? {} : { why }) });
    this.#tell({ path }, state);
  }

  #tell({ path }: Pick<Collector, 'path'>, state: CollectNews['state']): void {
    try {
      this.#options.onProgress?.({ path, state });
    } catch {
      // Who is told does not decide what is found.
    }
  }
}

function whyOf(error: unknown): string {
  if (error instanceof CollectFault || error instanceof SentinelError || error instanceof Overdue) return error.message;
  return `the collector failed: ${error instanceof Error ? error.message : String(error)}`;
}

/** Two collectors that name one path are a mistake of ours: the bundle must not hold one thing under the name of another. */
function distinct(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [item.path, item])).values()];
}
