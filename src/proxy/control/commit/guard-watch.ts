/**
 * Watches what a change of the configuration does: feeds its guards with windows of traffic, tells `commit.ts` when they have
 * had enough of one on trial, and only warns of one that is in force for good. Says when a generation has proven good. Undoes
 * nothing itself.
 */
import type { Clock } from '../../../base/clock.ts';
import type { Standing } from '../health/standing.ts';
import type { Log } from '../logging.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import type { Traffic } from '../traffic/traffic.ts';
import { type Baseline, GuardWindows, type HandshakeCounts } from './baseline.ts';
import { defaultLimits, type GuardLimits } from './guard-limits.ts';
import { type GuardReading, Guards } from './guards.ts';

/** How long a configuration is watched that is in force for good, and how long it must be without a complaint to be proven. */
export const PROVEN_MS = 300_000;
/** A configuration of which guards still complain by then never is; `alerts` goes on about what they complain of. */
const WATCHED_MOST_MS = 3_600_000;

export interface GuardWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly warnings: StandingWarnings;
  readonly traffic: Pick<Traffic, 'onTick' | 'latest'>;
  /** Of the plan in force; empty before the first. */
  readonly standings: () => readonly Standing[];
  readonly handshakes: () => HandshakeCounts;
  /** This generation has been in force for five minutes, for good, and no guard has complained. */
  readonly proven: (generation: number) => void;
}

/** `trial`: complaints are told to whoever applied it. `warn`: they become a warning. `quiet`: nothing is said, as at start. */
type Mode = 'trial' | 'warn' | 'quiet';

interface Watched {
  readonly guards: Guards;
  readonly generation: number;
  /** What to type to go back; null where there is nothing. */
  readonly undo: string | null;
  readonly onComplaint: (complaints: readonly string[]) => void;
  mode: Mode;
  readonly since: number;
  /** Since when no guard has complained. */
  goodSince: number;
  /** The names of those that were warned of. */
  told: string;
}

export interface TrialOptions {
  readonly generation: number;
  readonly limits: GuardLimits;
  /** What it is compared with; default what was just before. */
  readonly baseline?: Baseline;
  readonly onComplaint: (complaints: readonly string[]) => void;
}

export class GuardWatch {
  readonly #options: GuardWatchOptions;
  readonly #windows: GuardWindows;
  readonly #unlisten: () => void;
  #before: readonly Standing[] = [];
  #watched: Watched | null = null;

  constructor(options: GuardWatchOptions) {
    this.#options = options;
    this.#windows = new GuardWindows(options.handshakes);
    this.#unlisten = options.traffic.onTick(() => this.#second());
  }

  /** The guards of the change that is watched; null when none is. */
  get readings(): readonly GuardReading[] | null {
    return this.#watched?.guards.readings ?? null;
  }

  get baseline(): Baseline | null {
    return this.#watched?.guards.baseline ?? null;
  }

  /** A change is about to be made: how upstreams stand now is what it is compared with. */
  capture(): void {
    this.#before = this.#options.standings();
  }

  /** A change is in force on trial. Returns what it is compared with. */
  tryOut({ generation, limits, baseline, onComplaint }: TrialOptions): Baseline {
    return this.#begin('trial', { generation, limits, undo: null, onComplaint, ...(baseline && { baseline }) });
  }

  /** A change is in force for good. @param undo What to type to go back; null where there is nothing. */
  warnOf(generation: number, undo: string | null, mode: 'warn' | 'quiet' = 'warn'): void {
    this.#begin(mode, { generation, limits: defaultLimits, undo, onComplaint: () => {} });
  }

  /** What was on trial is in force for good: from now on its guards only warn. */
  settle(undo: string): void {
    const watched = this.#watched;
    if (watched === null) return;
    this.#watched = { ...watched, mode: 'warn', undo };
    this.#review();
  }

  close(): void {
    this.#unlisten();
  }

  #begin(mode: Mode, options: Omit<TrialOptions, 'baseline'> & { undo: string | null; baseline?: Baseline }): Baseline {
    const { clock, standings, warnings } = this.#options;
    const { generation, limits, undo, onComplaint } = options;
    const baseline = options.baseline ?? this.#windows.baseline(this.#before);
    // What came before the change is not seen in a window after it.
    this.#windows.restart();
    const now = clock.now();
    const guards = new Guards(baseline, limits, standings());
    this.#watched = { guards, generation, undo, onComplaint, mode, since: now, goodSince: now, told: '' };
    warnings.set('guards', null);
    return baseline;
  }

  #second(): void {
    const { standings, traffic } = this.#options;
    const { counts, coveredMs } = traffic.latest;
    const window = this.#windows.add(counts, coveredMs);
    if (window === null) return;
    const watched = this.#watched;
    if (watched === null) {
      this.#windows.keep(window);
      return;
    }
    const { guards } = watched;
    guards.take(window, standings());
    if (this.#isComparable(watched)) this.#windows.keep(window);
    if (watched.mode === 'trial') {
      if (guards.complaints.length > 0) {
        watched.goodSince = this.#options.clock.now();
        watched.onComplaint(guards.complaints);
      }
      return;
    }
    this.#review();
  }

  /** What a change on trial does, or one that guards complain of, is nothing that the next one may be compared with. */
  #isComparable({ mode, guards }: Watched): boolean {
    return mode === 'quiet' || (mode === 'warn' && guards.readings.every(({ verdict }) => verdict !== 'bad'));
  }

  #review(): void {
    const watched = this.#watched;
    if (watched === null) return;
    const { clock, proven, warnings } = this.#options;
    const { guards, generation, since } = watched;
    const now = clock.now();
    if (guards.complaints.length > 0) {
      watched.goodSince = now;
      if (watched.mode === 'warn') this.#warn(watched);
    } else if (watched.told !== '' && guards.readings.every(({ verdict }) => verdict !== 'bad')) {
      watched.told = '';
      warnings.set('guards', null);
    }
    const good = now - watched.goodSince >= PROVEN_MS;
    if (!good && now - since < WATCHED_MOST_MS) return;
    warnings.set('guards', null);
    this.#watched = null;
    if (good) proven(generation);
  }

  #warn(watched: Watched): void {
    const { guards, generation, undo } = watched;
    const complaining = guards.readings.filter(({ complaint }) => complaint !== null);
    const names = complaining.map(({ guard }) => guard).join(', ');
    // Its numbers change with each window; who complains does not.
    if (names === watched.told) return;
    watched.told = names;
    const why = guards.complaints.join('; ');
    const next = undo ?? 'sentinel status';
    this.#options.log.warn('Guards complain of the configuration', {
      event: 'config_guard',
      generation,
      guards: names,
      why,
      next,
    });
    this.#options.warnings.set('guards', `since generation ${generation} is in force: ${why}; to go back: ${next}`);
  }
}
