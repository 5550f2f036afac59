/**
 * Cells: the only mutable state that threads share. One cell belongs to one identity (a route, a target, a listener …),
 * is allocated by the main thread and keeps its place until that identity has been gone for long; numbers survive reloads.
 * A cell has one *lane* per worker (Float64, a single writer, so plain stores are exact) and one *shared* block
 * (Int32, compare-and-swap). What a worker holds of a shared count is also in its lane, so that the supervisor
 * can give it back when the worker dies (`reclaimLane`).
 */
import { sketchBucket, sketchLength } from './duration-sketch.ts';

/** Where a cell lies. Plain data: travels inside a plan. */
export interface CellRef {
  readonly segment: number;
  /** Offset in doubles inside a lane; length in doubles. */
  readonly laneOffset: number;
  readonly laneLength: number;
  /** Offset and length in 32-bit words inside the shared block. */
  readonly sharedOffset: number;
  readonly sharedLength: number;
  /** The first so many shared fields are mirrored in the lane field of the same number, and given back when a worker dies. */
  readonly heldLength: number;
}

/** One buffer of cells. Plain data: posted to workers, which share the memory. */
export interface CellSegment {
  readonly buffer: SharedArrayBuffer;
  readonly laneCount: number;
  /** Doubles in one lane. */
  readonly laneWords: number;
  /** 32-bit words in the shared block, which follows the lanes. */
  readonly sharedWords: number;
}

/** A cell as one worker sees it. */
export interface Cell {
  /** This worker's lane: only this worker writes it. */
  readonly lane: Float64Array;
  /** Written by every worker, only through `Atomics`. */
  readonly shared: Int32Array;
}

const LANE_WORDS = 1 << 15;
const SHARED_WORDS = 1 << 13;

/** Field numbers by kind of cell. Shared fields and the lane fields that mirror them carry the same number. */
export const proxyFields = {
  connections: 0,
  inFlight: 1,
  queued: 2,
  connectionsTotal: 3,
  bytesIn: 4,
  bytesOut: 5,
  logDropped: 6,
  /** Messages whose `Connection` named end-to-end fields away in vain. */
  protectedFields: 7,
  /** Spans that the ring on their way to the main thread had no room for. */
  spansDropped: 8,
  laneLength: 9,
  sharedLength: 3,
} as const;
export const listenerFields = { open: 0, accepted: 1, laneLength: 2, sharedLength: 0 } as const;
export const targetFields = {
  connections: 0,
  idle: 1,
  pending: 2,
  inFlight: 3,
  acquired: 4,
  reused: 5,
  opened: 6,
  /** Tries that ended, by an answer, a failure or because the client left; and those of them that failed or brought a 5xx. */
  requests: 7,
  errors: 8,
  laneLength: 9,
  sharedLength: 3,
} as const;
/**
 * Target state: shared words that the main thread alone writes. `admission` is 0 when the target may take requests, else
 * the reasons why not (`admission`). `withheld` is the part of its weight that it does not get yet, per mille (slow start).
 */
export const targetStateFields = { admission: 0, withheld: 1, laneLength: 0, sharedLength: 2 } as const;
/** Bits of `targetStateFields.admission`. */
export const admission = { unhealthy: 1, ejected: 2, draining: 4 } as const;
/** Upstream counts. `retries…` are by outcome of the retried try; `budget` = one was wanted and not allowed. */
export const upstreamFields = {
  /** Retries under way now, held: a few are allowed beyond the budget. */
  retrying: 0,
  retriesSucceeded: 1,
  retriesFailed: 2,
  retriesOverBudget: 3,
  /** Unsent requests that went to another target. */
  failovers: 4,
  laneLength: 5,
  sharedLength: 1,
} as const;
/** Route counts, lanes only. */
export const routeFields = {
  /** Requests that the fallback upstream took. */
  failovers: 0,
  limitedBlock: 1,
  limitedDelay: 2,
  limitedLog: 3,
  /** WebSockets that are open now, and all there have been. */
  websockets: 4,
  websocketsTotal: 5,
  laneLength: 6,
  sharedLength: 0,
} as const;
/** What guards did, lanes only; `requestBufferBytes` is a gauge that is also held (shared), for the bound over all workers. */
export const guardFields = {
  requestBufferBytes: 0,
  /** A guard could not decide and its `failure-mode` refused, or let pass. */
  failedClosed: 1,
  failedOpen: 2,
  globalLimited: 3,
  clientLimited: 4,
  challengeIssued: 5,
  challengePassed: 6,
  challengeFailed: 7,
  challengeRefused: 8,
  blocked: 9,
  laneLength: 10,
  sharedLength: 1,
} as const;
/** What the machine allows, said by the main thread: `shedding` is one of `shedding`. */
export const pressureFields = { shedding: 0, laneLength: 0, sharedLength: 1 } as const;
/** What workers refuse while memory is short: `connections` are not kept open after an answer, new `requests` get 503. */
export const shedding = { nothing: 0, connections: 1, requests: 2 } as const;
/**
 * Worker cell: `beat` (shared) rises with every turn of the worker's heartbeat timer; `requestIds` (lane) is the last number
 * that it gave a request for people to name it by.
 */
export const workerFields = { beat: 0, requestIds: 1, laneLength: 2, sharedLength: 1 } as const;

/** Upper bounds of the duration histograms, in seconds (the buckets that the field expects); the last bucket is open. */
export const durationBounds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/**
 * Histogram cell: sum in seconds, one count per bucket (not cumulative), the open one last; then the same durations on the
 * fine scale that quantiles are read from (`duration-sketch.ts`).
 */
export const histogramFields = {
  sum: 0,
  buckets: 1,
  sketch: 2 + durationBounds.length,
  laneLength: 2 + durationBounds.length + sketchLength,
  sharedLength: 0,
} as const;

/** Adds one duration to a histogram cell of this worker. Whoever sees it in its bucket finds it on the fine scale too. */
export function recordDuration(cell: Cell, seconds: number): void {
  const lane = cell.lane;
  let bucket = 0;
  while (bucket < durationBounds.length && seconds > (durationBounds[bucket] as number)) bucket++;
  lane[histogramFields.sum] = (lane[histogramFields.sum] as number) + seconds;
  const fine = histogramFields.sketch + sketchBucket(seconds);
  lane[fine] = (lane[fine] as number) + 1;
  const at = histogramFields.buckets + bucket;
  lane[at] = (lane[at] as number) + 1;
}

/** Adds to one lane field of this worker. */
export function bump(cell: Cell, field: number, by = 1): void {
  cell.lane[field] = (cell.lane[field] as number) + by;
}

/** Takes one of a shared count, mirrored in the lane. False, and nothing taken, when `limit` (0 = none) is reached. */
export function acquire(cell: Cell, field: number, limit: number): boolean {
  if (Atomics.add(cell.shared, field, 1) >= limit && limit !== 0) {
    Atomics.sub(cell.shared, field, 1);
    return false;
  }
  cell.lane[field] = (cell.lane[field] as number) + 1;
  return true;
}

/** As `acquire`, but the count never shows one too many, not even for a moment: for counts that `releaseAbove` compares. */
export function acquireExactly(cell: Cell, field: number, limit: number): boolean {
  for (;;) {
    const held = Atomics.load(cell.shared, field);
    if (held >= limit && limit !== 0) return false;
    if (Atomics.compareExchange(cell.shared, field, held, held + 1) !== held) continue;
    cell.lane[field] = (cell.lane[field] as number) + 1;
    return true;
  }
}

/** Gives one back if more than `limit` are held by all workers together; false, and nothing given back, when not. */
export function releaseAbove(cell: Cell, field: number, limit: number): boolean {
  for (;;) {
    const held = Atomics.load(cell.shared, field);
    if (held <= limit) return false;
    if (Atomics.compareExchange(cell.shared, field, held, held - 1) !== held) continue;
    cell.lane[field] = (cell.lane[field] as number) - 1;
    return true;
  }
}

/** Gives back what `acquire` took. */
export function release(cell: Cell, field: number): void {
  cell.lane[field] = (cell.lane[field] as number) - 1;
  Atomics.sub(cell.shared, field, 1);
}

/** The cell behind a reference, as `lane` sees it. */
export function viewCell(segments: readonly CellSegment[], ref: CellRef, lane: number): Cell {
  const segment = segments[ref.segment] as CellSegment;
  const sharedStart = segment.laneCount * segment.laneWords * 8;
  return {
    lane: new Float64Array(segment.buffer, (lane * segment.laneWords + ref.laneOffset) * 8, ref.laneLength),
    shared: new Int32Array(segment.buffer, sharedStart + ref.sharedOffset * 4, ref.sharedLength),
  };
}

/**
 * The main thread's side: allocates cells by identity and reads them. Cells never move; when a segment is full the next
 * cell opens a new one, which workers learn of with the plan that uses it. Identities that addresses make come and go: the
 * cells of released ones are used again for cells of the same shape.
 */
export class CellRegistry {
  readonly laneCount: number;
  readonly #segments: CellSegment[] = [];
  /** The lanes of each segment, and its shared block. */
  readonly #words: Float64Array[] = [];
  readonly #sharedWords: Int32Array[] = [];
  readonly #refs = new Map<string, CellRef>();
  /** Released, by shape. */
  readonly #free = new Map<string, CellRef[]>();
  #laneUsed = 0;
  #sharedUsed = 0;

  constructor(laneCount: number) {
    this.laneCount = laneCount;
  }

  get segments(): readonly CellSegment[] {
    return this.#segments;
  }

  /** The cell of `identity` (for example `target/api-backend/10.1.1.10:8080`), made on first use. */
  cell(identity: string, laneLength: number, sharedLength: number, heldLength = sharedLength): CellRef {
    const known = this.#refs.get(identity);
    if (known !== undefined) return known;
    const freed = this.#free.get(shapeOf({ laneLength, sharedLength, heldLength }))?.pop();
    if (freed !== undefined) {
      this.#clear(freed);
      this.#refs.set(identity, freed);
      return freed;
    }
    let segment = this.#segments.at(-1);
    if (
      segment === undefined ||
      this.#laneUsed + laneLength > segment.laneWords ||
      this.#sharedUsed + sharedLength > segment.sharedWords
    ) {
      segment = newSegment(this.laneCount);
      this.#segments.push(segment);
      const laneWords = segment.laneCount * segment.laneWords;
      this.#words.push(new Float64Array(segment.buffer, 0, laneWords));
      this.#sharedWords.push(new Int32Array(segment.buffer, laneWords * 8));
      this.#laneUsed = 0;
      this.#sharedUsed = 0;
    }
    const ref: CellRef = {
      segment: this.#segments.length - 1,
      laneOffset: this.#laneUsed,
      laneLength,
      sharedOffset: this.#sharedUsed,
      sharedLength,
      heldLength,
    };
    this.#laneUsed += laneLength;
    this.#sharedUsed += sharedLength;
    this.#refs.set(identity, ref);
    return ref;
  }

  /** Number of identities that have a cell. */
  get size(): number {
    return this.#refs.size;
  }

  /** Forgets an identity; its cell goes to the next one that needs such a cell. Nobody may use it any more. */
  release(identity: string): void {
    const ref = this.#refs.get(identity);
    if (ref === undefined) return;
    this.#refs.delete(identity);
    const shape = shapeOf(ref);
    const free = this.#free.get(shape) ?? [];
    free.push(ref);
    this.#free.set(shape, free);
  }

  #clear(ref: CellRef): void {
    for (let lane = 0; lane < this.laneCount; lane++) this.view(ref, lane).lane.fill(0);
    const { shared } = this.view(ref, 0);
    for (let word = 0; word < shared.length; word++) Atomics.store(shared, word, 0);
  }

  /** Sum of one lane field over all workers. */
  sum(ref: CellRef, field: number): number {
    const words = this.#words[ref.segment] as Float64Array;
    let total = 0;
    for (let at = ref.laneOffset + field; at < words.length; at += LANE_WORDS) total += words[at] as number;
    return total;
  }

  /** Sums `length` lane fields from `first` on over all workers, into the beginning of `into`: for whoever reads many. */
  sumRange(ref: CellRef, first: number, length: number, into: Float64Array): void {
    const words = this.#words[ref.segment] as Float64Array;
    const start = ref.laneOffset + first;
    for (let offset = 0; offset < length; offset++) into[offset] = words[start + offset] as number;
    for (let lane = start + LANE_WORDS; lane < words.length; lane += LANE_WORDS) {
      for (let offset = 0; offset < length; offset++) {
        into[offset] = (into[offset] as number) + (words[lane + offset] as number);
      }
    }
  }

  /** One lane field of one worker. */
  laneValue(ref: CellRef, field: number, lane: number): number {
    return this.view(ref, lane).lane[field] as number;
  }

  /** One shared field. */
  shared(ref: CellRef, field: number): number {
    return Atomics.load(this.#sharedWords[ref.segment] as Int32Array, ref.sharedOffset + field);
  }

  view(ref: CellRef, lane: number): Cell {
    return viewCell(this.#segments, ref, lane);
  }

  /**
   * Gives back everything that a dead worker held: for each cell, subtracts the lane's mirror from the shared
   * counts and zeroes the mirror. Gauges that have no shared twin (`gauges` by identity prefix) are zeroed too.
   * Counters stay: nothing that was counted is lost.
   */
  reclaimLane(lane: number, gauges: readonly { readonly prefix: string; readonly field: number }[]): void {
    for (const [identity, ref] of this.#refs) {
      const cell = this.view(ref, lane);
      for (let field = 0; field < ref.heldLength; field++) {
        const held = cell.lane[field] as number;
        if (held !== 0) Atomics.sub(cell.shared, field, held);
        cell.lane[field] = 0;
      }
      for (const gauge of gauges) if (identity.startsWith(gauge.prefix)) cell.lane[gauge.field] = 0;
    }
  }
}

function shapeOf({
  laneLength,
  sharedLength,
  heldLength,
}: Pick<CellRef, 'laneLength' | 'sharedLength' | 'heldLength'>) {
  return `${laneLength}/${sharedLength}/${heldLength}`;
}

function newSegment(laneCount: number): CellSegment {
  const bytes = laneCount * LANE_WORDS * 8 + SHARED_WORDS * 4;
  return { buffer: new SharedArrayBuffer(bytes), laneCount, laneWords: LANE_WORDS, sharedWords: SHARED_WORDS };
}
