/** Shapes of the endpoints of workers: who serves, and how far the restart of all of them is. Plain JSON; data only. */
import type { WorkerState } from './shapes.ts';

/** What happens to a worker that has not finished when its time is over: it goes on finishing, or what is left is cut. */
export type RestartTimeout = 'wait' | 'close';

/** Body of `POST /admin/workers/restart`. */
export interface RestartRequest {
  /** How long each worker may take to finish what it has; default five minutes. */
  readonly timeout_ms?: number;
  readonly on_timeout?: RestartTimeout;
}

/** Something that a worker has not finished. */
export interface WorkerTask {
  readonly method: string;
  readonly path: string;
  readonly client_ip: string;
  readonly websocket: boolean;
  readonly age_ms: number;
}

/** What a worker that is leaving still has. */
export interface WorkerLeft {
  readonly connections: number;
  readonly in_flight: number;
  readonly websockets: number;
  /** The oldest of it. */
  readonly waiting_on: readonly WorkerTask[];
}

/**
 * `waiting` for its turn · `starting`: its successor gets ready, it serves · `draining`: its successor serves, it finishes ·
 * `overdue`: its time is over and it goes on finishing · `done` · `failed`: it has no successor and serves on.
 */
export type RestartStepState = 'waiting' | 'starting' | 'draining' | 'overdue' | 'done' | 'failed';

export interface RestartStep {
  readonly worker: number;
  readonly state: RestartStepState;
  /** Who has its place; null = nobody yet. */
  readonly successor: number | null;
  /** When it began to drain. */
  readonly draining_since: string | null;
  /** Requests that its deadline cut. */
  readonly cut: number;
  /** While it drains. */
  readonly left: WorkerLeft | null;
}

export interface RestartState {
  readonly state: 'running' | 'done' | 'overdue' | 'failed';
  readonly actor: string;
  readonly reason: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly timeout_ms: number;
  readonly on_timeout: RestartTimeout;
  readonly steps: readonly RestartStep[];
  readonly problem: { readonly code: string; readonly detail: string } | null;
}

export interface WorkersReply {
  readonly workers: readonly WorkerState[];
  /** The last one, or the one under way; null = none since the process started. */
  readonly restart: RestartState | null;
}
