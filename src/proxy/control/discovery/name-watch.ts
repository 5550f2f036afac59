/**
 * One name and what it stands for now: asks again when the answer has become old, keeps the last good one for as long as there
 * is no better, and asks less often while there is none. What follows from a change is for the one who watches.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { Answer, LookupFailure } from '../../../web/name-lookup.ts';

/** An address that a name stands for. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  /** The name that led to it, and the port: `api.internal:8080`. */
  readonly written: string;
}

export interface WatchFailure {
  readonly failure: LookupFailure;
  readonly words: string;
  /** Wall clock of the first of the failures in a row. */
  readonly sinceMs: number;
}

export interface WatchOptions {
  readonly ask: (current: readonly Endpoint[]) => Promise<Answer<readonly Endpoint[]>>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Something is different: the endpoints (then `before` is what they were), or whether it resolves. */
  readonly onChange: (watch: NameWatch, before: readonly Endpoint[] | null) => void;
}

/** An answer that says "at once" is not asked for more often than this. */
const FLOOR_MS = 1_000;
/** Questions of many names drift apart by this share of the time between them. */
const JITTER = 0.1;

export class NameWatch {
  readonly name: string;
  /** Longest time between two questions. */
  longestMs: number;
  /** Sorted. Empty until the first good answer. */
  endpoints: readonly Endpoint[] = [];
  failure: WatchFailure | null = null;
  /** Wall clock of the last good answer. */
  resolvedAtMs: number | null = null;
  /** Good and bad answers so far. */
  readonly counts = { resolved: 0, failed: 0 };
  readonly #options: WatchOptions;
  readonly #first: Promise<void>;
  #timer: Stoppable | null = null;
  #stopped = false;
  #failures = 0;

  constructor(name: string, longestMs: number, options: WatchOptions) {
    this.name = name;
    this.longestMs = longestMs;
    this.#options = options;
    this.#first = this.#ask();
  }

  /** Settles with the first answer, good or bad. */
  get first(): Promise<void> {
    return this.#first;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.stop();
  }

  async #ask(): Promise<void> {
    const { ask, clock } = this.#options;
    const answer = await ask(this.endpoints).catch(broken);
    if (this.#stopped) return;
    const delayMs = answer.kind === 'found' ? this.#resolved(answer.value, answer.ttlMs) : this.#failed(answer);
    this.#timer = clock.after(delayMs, () => void this.#ask());
  }

  #resolved(found: readonly Endpoint[], ttlMs: number | null): number {
    const { clock, random, onChange } = this.#options;
    const before = this.endpoints;
    const changed = keys(before) !== keys(found);
    const failed = this.failure !== null;
    this.counts.resolved++;
    this.#failures = 0;
    this.failure = null;
    this.resolvedAtMs = clock.wallMs();
    if (changed) this.endpoints = found;
    if (changed || failed) onChange(this, changed ? before : null);
    const drift = JITTER * random();
    return Math.max(FLOOR_MS, Math.min((ttlMs ?? Infinity) * (1 + drift), this.longestMs * (1 - drift)));
  }

  #failed({ failure, words }: { readonly failure: LookupFailure; readonly words: string }): number {
    const { clock, random, onChange } = this.#options;
    const before = this.failure;
    this.counts.failed++;
    this.failure = { failure, words, sinceMs: before?.sinceMs ?? clock.wallMs() };
    if (before?.failure !== failure) onChange(this, null);
    const backoffMs = Math.min(FLOOR_MS * 2 ** this.#failures++, Math.max(FLOOR_MS, this.longestMs));
    return backoffMs * (0.5 + 0.5 * random());
  }
}

/** A question that could not even be asked must not be the last. */
function broken(error: unknown): Answer<never> {
  return { kind: 'failed', failure: 'server_failure', words: String(error) };
}

/** Endpoints in an order that does not depend on the server's mood, each once. */
export function sortedEndpoints(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const byAddress = new Map(endpoints.map((endpoint) => [`${endpoint.host} ${endpoint.port}`, endpoint]));
  return [...byAddress.values()].toSorted(
    (a, b) => a.host.localeCompare(b.host, 'en', { numeric: true }) || a.port - b.port,
  );
}

function keys(endpoints: readonly Endpoint[]): string {
  return endpoints.map(({ host, port, weight, written }) => `${host} ${port} ${weight} ${written}`).join('\n');
}
