/**
 * What the main thread may ask a worker that lies in no cell, because it would cost every request to keep it there: asked
 * for people, a few times a minute. Plain data, both ways. `Supervisor.ask` asks, `DataPlane.answer` answers.
 */

/** By kind of question: what is asked, and what the answer is. */
export interface QuestionShapes {
  runtime: { readonly asked: Record<never, never>; readonly answer: WorkerRuntime };
}

export type QuestionKind = keyof QuestionShapes;

export type Question = { [K in QuestionKind]: { readonly kind: K } & QuestionShapes[K]['asked'] }[QuestionKind];

/** The thread that a worker is. */
export interface WorkerRuntime {
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
  /** Milliseconds since the thread began that its event loop had work, and that it waited. */
  readonly loopActiveMs: number;
  readonly loopIdleMs: number;
}

/** What one worker said; null = it was down, or did not answer in time. */
export interface Answered<K extends QuestionKind> {
  readonly worker: number;
  readonly answer: QuestionShapes[K]['answer'] | null;
}
