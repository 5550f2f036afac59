/**
 * One lane of the cells and who works in it: memory that outlives the thread, and what the supervisor knows of the thread. There
 * are more lanes than workers, so that a new thread can serve before the one that it replaces has finished. Data; the supervisor
 * alone changes it.
 */
import type { Clock, Stoppable } from '../../base/clock.ts';
import { type CellRef, type CellRegistry, workerFields } from '../shared/cells.ts';
import { newLogRing } from '../shared/log-ring.ts';
import type { BoundListener } from '../shared/messages.ts';
import { newRecordRings, type RecordRings } from '../shared/record-rings.ts';
import { newRequestCounts } from '../shared/request-counts.ts';
import { newSpanRing } from '../shared/span-ring.ts';
import type { WorkerThread } from './worker-thread.ts';

/**
 * `free`: nobody works here. `arriving`: a thread gets ready and serves nobody yet. `active`: it has a worker, or gets it back
 * when that dies. `leaving`: its worker finishes what it has, and nobody comes in its place.
 */
export type LanePhase = 'free' | 'arriving' | 'active' | 'leaving';

export interface Lane {
  readonly worker: number;
  readonly cell: CellRef;
  readonly requestCounts: SharedArrayBuffer;
  readonly logRing: SharedArrayBuffer;
  readonly records: RecordRings;
  readonly spans: SharedArrayBuffer;
  phase: LanePhase;
  thread: WorkerThread | null;
  /** It has committed a plan and serves. */
  serving: boolean;
  servingSince: number;
  sinceMs: number;
  restarts: number;
  lastDeath: string | null;
  /** What its worker listens on. */
  listeners: readonly BoundListener[];
  beat: number;
  beatAt: number;
  /** It has shown signs of life: from now on silence means that it is stuck, no longer that it loads. */
  beaten: boolean;
  restart: Stoppable | null;
}

/** One worker as it is seen from outside. */
export interface LaneState {
  readonly worker: number;
  readonly serving: boolean;
  /** It finishes what it has: another one has its place, or fewer are wanted. */
  readonly leaving: boolean;
  readonly restarts: number;
  /** When the present thread started, or the last one ended; wall clock. */
  readonly sinceMs: number;
  readonly lastDeath: string | null;
}

export function newLane(worker: number, registry: CellRegistry, clock: Clock): Lane {
  return {
    worker,
    cell: registry.cell(`worker/${worker}`, workerFields.laneLength, workerFields.sharedLength, 0),
    requestCounts: newRequestCounts(),
    logRing: newLogRing(),
    records: newRecordRings(),
    spans: newSpanRing(),
    phase: 'free',
    thread: null,
    serving: false,
    servingSince: 0,
    sinceMs: clock.wallMs(),
    restarts: 0,
    lastDeath: null,
    listeners: [],
    beat: 0,
    beatAt: 0,
    beaten: false,
    restart: null,
  };
}
