/**
 * What the main thread may ask a worker that lies in no cell, because it would cost every request to keep it there: asked
 * for people, a few times a minute. Plain data, both ways. `Supervisor.ask` asks, `DataPlane.answer` answers.
 */
import type { InflightRequest } from '../../admin/contract/request-shapes.ts';
import type { ClientSort } from '../../admin/contract/client-shapes.ts';
import type { Filter } from '../../filter/filter.ts';
import type { TalkersSeen } from './talkers.ts';
import type { ThreadReport } from './thread-watch.ts';

/** By kind of question: what is asked, and what the answer is. */
export interface QuestionShapes {
  /** The thread that a worker is; `worker.ts` answers. */
  runtime: { readonly asked: Record<never, never>; readonly answer: ThreadReport };
  /** The requests under way that match, the oldest `limit` of them. */
  inflight: { readonly asked: { readonly filter: Filter; readonly limit: number }; readonly answer: InflightAnswer };
  /** Ends the request of that id: what it was, or that there is none. */
  kill: { readonly asked: { readonly id: string }; readonly answer: { readonly killed: InflightRequest | null } };
  /** What is in flight to some targets: how much, and the oldest `limit` of each. */
  work: {
    readonly asked: { readonly targets: readonly string[]; readonly limit: number };
    readonly answer: { readonly targets: readonly TargetWork[] };
  };
  /** Ends all that is in flight to some targets: how much that was. */
  cut: { readonly asked: { readonly targets: readonly string[] }; readonly answer: { readonly cut: number } };
  /** Who sent the most in the last `windowMs`. */
  talkers: { readonly asked: { readonly by: ClientSort; readonly windowMs: number }; readonly answer: TalkersSeen };
}

export type QuestionKind = keyof QuestionShapes;

export type Question = { [K in QuestionKind]: { readonly kind: K } & QuestionShapes[K]['asked'] }[QuestionKind];

export interface InflightAnswer {
  readonly total: number;
  readonly matching: number;
  /** Oldest first. */
  readonly requests: readonly InflightRequest[];
}

/** What one worker has in flight to a target; without any it is not there. */
export interface TargetWork {
  /** `upstream/address`. */
  readonly target: string;
  readonly requests: number;
  readonly websockets: number;
  /** Of both, the oldest first. */
  readonly oldest: readonly InflightRequest[];
}

/** What one worker said; null = it was down, or did not answer in time. */
export interface Answered<K extends QuestionKind> {
  readonly worker: number;
  readonly answer: QuestionShapes[K]['answer'] | null;
}
