/**
 * Collects the facts: all probes at once, each within its own time, the whole within ten seconds whatever a probe does. Called by
 * whoever wants to judge. Never throws: what a probe cannot find out, or does not in time, is an unknown section.
 */
import { hostname } from 'node:os';
import type { Stoppable } from '../base/clock.ts';
import { redactText } from '../base/redaction.ts';
import { Overdue, withinTime } from '../base/time-limit.ts';
import { rfc3339 } from '../base/units.ts';
import type { Facts, Known, SectionName, Sections } from './facts.ts';
import { patientClock } from './patient-clock.ts';
import { type Probe, type ProbeContext, ProbeFault, type ProbeTable, type Surroundings } from './probe.ts';

/** In the order in which people read them. */
export const sectionNames = [
  'process',
  'death',
  'config',
  'ports',
  'permissions',
  'disk',
  'memory',
  'descriptors',
  'kernel',
  'firewall',
  'clock',
  'endpoints',
  'daemon',
  'threads',
  'traffic',
  'clients',
  'targets',
  'certificates',
  'changes',
] as const satisfies readonly SectionName[];

/** A diagnosis that takes longer than ten seconds helps nobody at night; the rest is for starting, judging and printing. */
export const totalMs = 8_500;
/** How long a probe may take to give up once it is told to. */
const GRACE_MS = 250;

export interface ProbeNews {
  readonly probe: SectionName;
  readonly title: string;
  readonly state: 'started' | 'known' | 'unknown';
  /** 0 when it has just started. */
  readonly tookMs: number;
}

export interface CollectOptions {
  /** Told when a probe begins and when it is over. */
  readonly onProgress?: (news: ProbeNews) => void;
  /** Gives up: what is under way becomes unknown. */
  readonly signal?: AbortSignal;
  /** Bound on the whole; default and most: ten seconds. */
  readonly withinMs?: number;
}

/** Runs every probe of the table, which may be a part of all: other sections are unknown. Resolves in bounded time, also when probes hang. */
export async function collect(
  surroundings: Surroundings,
  probes: Partial<ProbeTable>,
  options: CollectOptions = {},
): Promise<Facts> {
  const { clock } = surroundings;
  const begun = clock.now();
  const at = rfc3339(clock.wallMs());
  // Timers of the clock do not keep the process alive, and a probe that hangs may have nothing else that does.
  const hold = setInterval(() => {}, totalMs);
  const run = new Collection(surroundings, probes, options);
  try {
    const found = await Promise.all(sectionNames.map(async (name) => [name, await run.of(name)] as const));
    const sections = Object.fromEntries(found) as unknown as Sections;
    const { config } = sections;
    return {
      schema: 'sentinel.facts/1',
      at,
      took_ms: rounded(clock.now() - begun),
      subject: {
        host: hostname(),
        daemon: surroundings.daemon,
        config_path: config.state === 'known' ? config.value.path : surroundings.configPath,
      },
      sections,
    };
  } finally {
    run.close();
    clearInterval(hold);
  }
}

class Collection {
  readonly #surroundings: Surroundings;
  readonly #probes: Partial<ProbeTable>;
  readonly #options: CollectOptions;
  readonly #found = new Map<SectionName, Promise<Known<unknown>>>();
  readonly #over = new AbortController();
  readonly #limit: Stoppable;
  readonly #giveUp = (): void => this.#over.abort(new Overdue('the diagnosis was given up'));

  constructor(surroundings: Surroundings, probes: Partial<ProbeTable>, options: CollectOptions) {
    this.#surroundings = surroundings;
    this.#probes = probes;
    this.#options = options;
    const most = Math.min(options.withinMs ?? totalMs, totalMs);
    this.#limit = surroundings.clock.after(Math.max(0, most - GRACE_MS), () =>
      this.#over.abort(new Overdue(`the diagnosis was over after ${most / 1000} s`)),
    );
    options.signal?.addEventListener('abort', this.#giveUp);
    if (options.signal?.aborted === true) this.#giveUp();
  }

  /** What a probe finds out; every probe runs once. */
  of<K extends SectionName>(name: K): Promise<Sections[K]> {
    const known = this.#found.get(name);
    if (known !== undefined) return known as Promise<Sections[K]>;
    const probe: Probe<K> | undefined = this.#probes[name];
    // In a later turn: a probe that asks for another one at once, which asks for the first, must find it here.
    const finding = Promise.resolve().then(() => this.#run(name, probe));
    this.#found.set(name, finding);
    return finding as Promise<Sections[K]>;
  }

  close(): void {
    this.#limit.stop();
    this.#options.signal?.removeEventListener('abort', this.#giveUp);
  }

  async #run<K extends SectionName>(name: K, probe: Probe<K> | undefined): Promise<Known<unknown>> {
    const { clock, allowed } = this.#surroundings;
    const at = rfc3339(clock.wallMs());
    const begun = clock.now();
    const unknown = (why: string, tried: readonly string[]): Known<unknown> => ({
      state: 'unknown',
      at,
      took_ms: rounded(clock.now() - begun),
      why: redactText(why),
      tried: tried.map(redactText),
    });
    if (probe === undefined) return unknown(`nothing looks for ${name}`, []);
    if (!allowed.has(probe.class)) return unknown(`not asked: ${probe.class}`, []);
    this.#tell(probe, 'started', 0);
    let found: Known<unknown>;
    try {
      const value = await this.#within(probe);
      found = { state: 'known', at, took_ms: rounded(clock.now() - begun), value };
    } catch (error) {
      found = unknown(whyOf(error), error instanceof ProbeFault ? error.tried : []);
    }
    this.#tell(probe, found.state, found.took_ms);
    return found;
  }

  /** @throws what the probe throws, `Overdue` when its time is over */
  #within<K extends SectionName>(probe: Probe<K>): Promise<unknown> {
    const limit = {
      clock: this.#surroundings.clock,
      mostMs: probe.timeoutMs,
      graceMs: GRACE_MS,
      over: this.#over.signal,
      late: `it took longer than ${probe.timeoutMs} ms`,
      tells: (error: unknown) => error instanceof ProbeFault,
    };
    return withinTime(limit, (signal) => this.#find(probe, signal));
  }

  #find<K extends SectionName>(probe: Probe<K>, signal: AbortSignal): Promise<unknown> {
    const clock = patientClock(this.#surroundings.clock);
    const context: ProbeContext = { ...this.#surroundings, clock, signal, of: (name) => this.of(name) };
    return probe.find(context);
  }

  #tell({ name, title }: Pick<Probe<SectionName>, 'name' | 'title'>, state: ProbeNews['state'], tookMs: number): void {
    try {
      this.#options.onProgress?.({ probe: name, title, state, tookMs });
    } catch {
      // Who is told does not decide what is found.
    }
  }
}

function whyOf(error: unknown): string {
  if (error instanceof ProbeFault || error instanceof Overdue) return error.message;
  return `the probe failed: ${error instanceof Error ? error.message : String(error)}`;
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
