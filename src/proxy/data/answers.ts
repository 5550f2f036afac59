/** What a worker answers when the main thread asks it (`shared/questions.ts`). Looks, changes nothing unless that is what is asked. */
import { performance } from 'node:perf_hooks';
import type { InFlight } from './records/in-flight.ts';
import type { Talkers } from './talkers/talkers.ts';
import type { Question, QuestionShapes, WorkerRuntime } from '../shared/questions.ts';

/** What is looked at. */
export interface AnswerContext {
  readonly inFlight: InFlight;
  readonly talkers: Talkers;
  readonly now: number;
}

/** The answer, of the shape that its kind has. */
export function answerOf(
  question: Question,
  { inFlight, talkers, now }: AnswerContext,
): QuestionShapes[Question['kind']]['answer'] {
  switch (question.kind) {
    case 'runtime':
      return runtimeOfThread();
    case 'inflight':
      return inFlight.list(question.filter, question.limit, now);
    case 'kill':
      return { killed: inFlight.kill(question.id, now) };
    case 'talkers':
      return talkers.seen(question.by, question.windowMs, now);
  }
}

function runtimeOfThread(): WorkerRuntime {
  const { heapUsed, heapTotal, external } = process.memoryUsage();
  const { active, idle } = performance.eventLoopUtilization();
  return {
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
    loopActiveMs: active,
    loopIdleMs: idle,
  };
}
