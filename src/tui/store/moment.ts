/**
 * One reading of the past, packed: its numbers in one array, its words shared with the moment before where they are the same. Unpacked it
 * is a reading again, without what is not kept. Pure; 500 targets take about 50 KB.
 */
import type { StatusReply, RouteState } from '../../admin/contract/shapes.ts';
import type { WindowStates } from '../../admin/contract/traffic-shapes.ts';
import type { CheckState, TargetState, UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import type { Identity, Reading } from '../feed/reading.ts';

export interface Moment {
  readonly node: string;
  readonly atMs: number;
  /** By our monotonic clock. */
  readonly receivedMs: number;
  readonly tookMs: number;
  readonly generation: number;
  readonly etag: string;
  readonly identity: Identity | null;
  readonly status: StatusReply;
  readonly upstreams: readonly UpstreamWords[];
  readonly routes: readonly RouteWords[] | null;
  /** Of the daemon, then of each upstream and its targets, then of each route; `NaN` = null. */
  readonly numbers: Float32Array;
}

type UpstreamWords = Omit<UpstreamState, 'windows' | 'targets'> & { readonly targets: readonly TargetWords[] };
type TargetNumbers = 'windows' | 'in_flight' | 'connections' | 'idle' | 'pending' | 'share' | 'last_check';
type TargetWords = Omit<TargetState, TargetNumbers> & { readonly last_check: CheckWords | null };
type CheckWords = Omit<CheckState, 'at' | 'latency_ms' | 'run'>;
type RouteWords = Omit<RouteState, 'windows'>;

const windowNumbers = 8;
const targetNumbers = windowNumbers + 8;

/** @param before the moment before, whose words are taken where they are the same */
export function momentOf(reading: Reading, before: Moment | null): Moment {
  const numbers = new Packer(reading);
  const words = { ...reading.status, windows: {} };
  numbers.windows(reading.status.windows);
  const upstreams = reading.upstreams.map((upstream, index) => {
    numbers.windows(upstream.windows);
    const earlier = before?.upstreams[index];
    const targets = upstream.targets.map((target, at) => {
      numbers.target(target, reading.atMs);
      const known = earlier?.targets[at];
      return known !== undefined && saysTheSame(target, known) ? known : targetWords(target);
    });
    const shownTargets = sharedList(targets, earlier?.targets);
    if (earlier !== undefined && shownTargets === earlier.targets && agrees(upstream, earlier)) return earlier;
    const { windows: _windows, ...rest } = upstream;
    return { ...rest, requests_total: 0, server_errors_total: 0, targets: shownTargets };
  });
  const routes = reading.parts.routes?.routes.map((route, index) => {
    numbers.windows(route.windows);
    const known = before?.routes?.[index];
    if (known !== undefined && agrees(route, known)) return known;
    const { windows: _windows, ...rest } = route;
    return { ...rest, requests_total: 0, server_errors_total: 0 };
  });
  return {
    node: reading.node,
    atMs: reading.atMs,
    receivedMs: reading.receivedMs,
    tookMs: reading.tookMs,
    generation: reading.generation,
    etag: reading.etag,
    identity: before !== null && same(before.identity, reading.identity) ? before.identity : reading.identity,
    status: sharedParts(words, before?.status),
    upstreams: sharedList(upstreams, before?.upstreams),
    routes: routes === undefined ? null : sharedList(routes, before?.routes ?? undefined),
    numbers: numbers.packed,
  };
}

/** The reading that it was, but for what is not kept: single requests, clients, counters that only rise. */
export function readingOfMoment(moment: Moment): Reading {
  const numbers = new Unpacker(moment.numbers);
  const status = { ...moment.status, windows: numbers.windows() };
  const upstreams = moment.upstreams.map((upstream) => ({
    ...upstream,
    windows: numbers.windows(),
    targets: upstream.targets.map((target) => numbers.target(target, moment.atMs)),
  }));
  const routes = moment.routes?.map((route) => ({ ...route, windows: numbers.windows() }));
  const { node, atMs, receivedMs, tookMs, generation, etag, identity } = moment;
  return {
    ...{ node, atMs, receivedMs, tookMs, generation, etag, identity, status, upstreams },
    parts: routes === undefined ? {} : { routes: { routes } },
    unread: {},
  };
}

/** What the daemon as a whole did then, without unpacking anything else. */
export function windowsOfMoment({ numbers }: Moment): WindowStates {
  return new Unpacker(numbers).windows();
}

function targetWords(target: TargetState): TargetWords {
  const {
    windows: _w,
    in_flight: _i,
    connections: _c,
    idle: _d,
    pending: _p,
    share: _s,
    last_check: check,
    ...rest
  } = target;
  return {
    ...rest,
    checks: { passed: 0, failed: 0 },
    ...{ acquired_total: 0, reused_total: 0, opened_total: 0 },
    last_check: check === null ? null : { ok: check.ok, code: check.code, status: check.status, words: check.words },
  };
}

/** Whether `targetWords` would be the same: asked of hundreds each second, without making them. */
function saysTheSame(target: TargetState, known: TargetWords): boolean {
  if (!agrees(target, known)) return false;
  const { last_check: now } = target;
  const { last_check: then } = known;
  if (now === null || then === null) return now === then;
  return now.code === then.code && now.ok === then.ok && now.status === then.status && now.words === then.words;
}

/** But for what is not kept, or compared elsewhere. */
function agrees(now: object, known: object): boolean {
  for (const key in known) if (!uncounted.has(key) && !same((now as Fields)[key], (known as Fields)[key])) return false;
  return true;
}

const uncounted = new Set([
  ...['last_check', 'checks', 'acquired_total', 'reused_total', 'opened_total'],
  ...['requests_total', 'server_errors_total', 'targets'],
]);

class Packer {
  readonly packed: Float32Array;
  #at = 0;

  constructor({ upstreams, parts }: Reading) {
    const targets = upstreams.reduce((sum, one) => sum + one.targets.length, 0);
    const windows = 1 + upstreams.length + (parts.routes?.routes.length ?? 0);
    this.packed = new Float32Array(windows * windowNumbers + targets * targetNumbers);
  }

  windows(windows: WindowStates): void {
    const window = windows['10s'];
    if (window === undefined) {
      this.packed.fill(Number.NaN, this.#at, this.#at + windowNumbers);
      this.#at += windowNumbers;
      return;
    }
    this.#put(window.covered_ms);
    this.#put(window.requests);
    this.#put(window.requests_per_s);
    this.#put(window.errors);
    this.#put(window.error_ratio);
    this.#put(window.p50_ms);
    this.#put(window.p95_ms);
    this.#put(window.p99_ms);
  }

  target(target: TargetState, atMs: number): void {
    const check = target.last_check;
    this.windows(target.windows);
    this.#put(target.in_flight);
    this.#put(target.connections);
    this.#put(target.idle);
    this.#put(target.pending);
    this.#put(target.share);
    this.#put(check === null ? null : check.latency_ms);
    this.#put(check === null ? null : atMs - Date.parse(check.at));
    this.#put(check === null ? null : check.run);
  }

  #put(value: number | null): void {
    this.packed[this.#at++] = value ?? Number.NaN;
  }
}

class Unpacker {
  readonly #numbers: Float32Array;
  #at = 0;

  constructor(numbers: Float32Array) {
    this.#numbers = numbers;
  }

  windows(): WindowStates {
    const [covered, requests, rate, errors, ratio] = [
      this.#some(),
      this.#some(),
      this.#some(),
      this.#some(),
      this.#some(),
    ];
    const [p50, p95, p99] = [this.#some(), this.#some(), this.#some()];
    if (covered === null) return {};
    return {
      '10s': {
        covered_ms: covered,
        requests: requests ?? 0,
        requests_per_s: rate ?? 0,
        errors: errors ?? 0,
        error_ratio: ratio,
        causes: [],
        sources: null,
        ...{ bytes_in: null, bytes_out: null },
        ...{ p50_ms: p50, p95_ms: p95, p99_ms: p99 },
      },
    };
  }

  target(words: TargetWords, atMs: number): TargetState {
    const windows = this.windows();
    const [inFlight, connections, idle, pending, share] = [
      this.#number(),
      this.#number(),
      this.#number(),
      this.#number(),
      this.#number(),
    ];
    const [latency, age, run] = [this.#number(), this.#number(), this.#number()];
    const check = words.last_check;
    return {
      ...words,
      windows,
      ...{ in_flight: inFlight, connections, idle, pending, share },
      last_check:
        check === null ? null : { ...check, latency_ms: latency, at: new Date(atMs - age).toISOString(), run },
    };
  }

  #number(): number {
    return this.#some() ?? 0;
  }

  #some(): number | null {
    const value = this.#numbers[this.#at++] as number;
    return Number.isNaN(value) ? null : value;
  }
}

/** The earlier one where both say the same. */
function shared<T>(now: T, earlier: T | undefined): T {
  return earlier !== undefined && same(now, earlier) ? earlier : now;
}

/** The same list where all of it is. */
function sharedList<T>(now: readonly T[], earlier: readonly T[] | undefined): readonly T[] {
  return earlier?.length === now.length && now.every((one, index) => one === earlier[index]) ? earlier : now;
}

/** Field by field: most of a status never changes, its counts always do. */
function sharedParts<T extends object>(now: T, earlier: T | undefined): T {
  if (earlier === undefined) return now;
  return Object.fromEntries(
    Object.entries(now).map(([key, value]) => [key, shared(value, earlier[key as keyof T] as typeof value)]),
  ) as T;
}

/** Of plain JSON. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  if (keys.length !== others.length) return false;
  for (const key of keys) if (!same((a as Fields)[key], (b as Fields)[key])) return false;
  return true;
}

type Fields = Readonly<Record<string, unknown>>;
