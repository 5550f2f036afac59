/** What a worker answers when the main thread asks it (`shared/questions.ts`). Looks, changes nothing unless that is what is asked. */
import { performance } from 'node:perf_hooks';
import type { Question, QuestionShapes, WorkerRuntime } from '../shared/questions.ts';

/** The answer, of the shape that its kind has. */
export function answerOf(question: Question): QuestionShapes[Question['kind']]['answer'] {
  switch (question.kind) {
    case 'runtime':
      return runtimeOfThread();
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
