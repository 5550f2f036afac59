/**
 * What the main thread and a worker say to each other. Everything else goes through cells. A reload is two-phase:
 * `prepare` to all, then `commit` to all or `abandon` to all.
 */
import type { Filter } from '../../filter/filter.ts';
import type { CellRef, CellSegment } from './cells.ts';
import type { Plan } from './plan.ts';
import type { RecordRings } from './record-rings.ts';
import type { Question } from './questions.ts';

/** `workerData` of a worker thread. */
export interface WorkerStart {
  /** Number of the worker, from 0; also its lane. */
  readonly worker: number;
  /** The segments that exist now, and this worker's cell (`workerFields`) in them: the heartbeat begins before any plan. */
  readonly segments: readonly CellSegment[];
  readonly cell: CellRef;
  readonly requestCounts: SharedArrayBuffer;
  /** Ring of access-log lines (`shared/log-ring.ts`). */
  readonly logRing: SharedArrayBuffer;
  /** What stands before each access-log line on standard output. */
  readonly stdoutPrefix: string;
  /** Rings of finished requests. */
  readonly records: RecordRings;
  /** Ring of trace records (`shared/span-ring.ts`). */
  readonly spans: SharedArrayBuffer;
}

export type ToWorker =
  /** Get everything that can fail ready (bind new listeners, open log files), change nothing. */
  | {
      readonly kind: 'prepare';
      readonly plan: Plan;
      readonly segments: readonly CellSegment[];
      /** Whether it has the listeners of which there can be one only: unix sockets. */
      readonly sole: boolean;
      /** To be taken over where the plan wants such a listener; others are bound anew. */
      readonly inherited: readonly InheritedSocket[];
    }
  | { readonly kind: 'commit'; readonly serial: number }
  | { readonly kind: 'abandon'; readonly serial: number }
  /** Stop listening, finish what is in flight, close idle connections. */
  | { readonly kind: 'drain'; readonly order: DrainOrder }
  /** `/ready` on traffic listeners: the answer when not draining. */
  | { readonly kind: 'readiness'; readonly ready: boolean; readonly body: string }
  | { readonly kind: 'reopen-logs' }
  /** Whether to tell what only debugging needs. */
  | { readonly kind: 'debug'; readonly on: boolean }
  /** Which finished requests somebody watches now, in place of those before; none = nobody does. */
  | { readonly kind: 'tap'; readonly filters: readonly Filter[] }
  | { readonly kind: 'ask'; readonly serial: number; readonly question: Question }
  /** By order of the operator (USR1). */
  | { readonly kind: 'collect-garbage' };

/** How a worker ends. */
export interface DrainOrder {
  /** From now; cuts what is left then. `Infinity` = nothing is cut. */
  readonly deadlineMs: number;
  /** How long an open connection may be silent, counted from now on, before it is closed. */
  readonly idleMs: number;
  /** Another worker has the listening sockets too: what waits in their queues is not lost when this one closes them. */
  readonly handedOn: boolean;
  /** The whole process ends, which `/ready` says. */
  readonly ending: boolean;
}

export type FromWorker =
  | {
      readonly kind: 'prepared';
      readonly serial: number;
      readonly ok: true;
      readonly listeners: readonly BoundListener[];
    }
  | { readonly kind: 'prepared'; readonly serial: number; readonly ok: false; readonly error: WorkerFault }
  | { readonly kind: 'committed'; readonly serial: number }
  /** After `drain`: nothing in flight any more. `cut` = requests that the deadline ended. */
  | { readonly kind: 'drained'; readonly cut: number }
  /** To `ask` of the same serial; the shape is that of `QuestionShapes`. */
  | { readonly kind: 'answer'; readonly serial: number; readonly answer: unknown }
  | WorkerSaid;

/** What a worker says by itself. */
export type WorkerSaid =
  /** Passive health: so many of a target's last outcomes were failures. Said once; the main thread clears the window. */
  | { readonly kind: 'failing'; readonly target: string; readonly failures: number; readonly requests: number }
  /** A breaker changed its state. */
  | {
      readonly kind: 'breaker';
      readonly id: string;
      readonly to: 'closed' | 'open' | 'half_open';
      readonly why: string;
    }
  /** The ring of trace records is filling up: it should be emptied. */
  | { readonly kind: 'spans' }
  /** A limit was lowered: so many idle client connections were closed for it. */
  | { readonly kind: 'shed_idle'; readonly closed: number }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** Where a listener really is (port 0 resolved). */
export interface BoundListener {
  readonly id: string;
  readonly address: string;
  /** Equal keys are the same socket. */
  readonly key: string;
  /** Number of its descriptor; -1 = not known. */
  readonly fd: number;
  /** Of the file of a unix socket; null = it has none. */
  readonly inode: number | null;
}

/** A listening socket that exists already. */
export interface InheritedSocket {
  readonly key: string;
  readonly fd: number;
  /** A thread of this process has it and will close its descriptor; false = it is nobody's, and is used as it is. */
  readonly shared: boolean;
}

export interface WorkerFault {
  /** Errno name (`EADDRINUSE`) or an SNT code. */
  readonly code: string;
  readonly message: string;
  readonly listener?: string;
}
