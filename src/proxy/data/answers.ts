/** What a worker answers when the main thread asks it (`shared/questions.ts`). Looks, changes nothing unless that is what is asked. */
import { FilterTooSlow } from '../../filter/patience.ts';
import type { InFlight } from './records/in-flight.ts';
import type { Talkers } from './talkers/talkers.ts';
import type { Question, QuestionShapes } from '../shared/questions.ts';

/** What is looked at. */
export interface AnswerContext {
  readonly inFlight: InFlight;
  readonly talkers: Talkers;
  readonly now: number;
}

/** What can be asked of the data plane; of its thread `worker.ts` knows. */
export type PlaneQuestion = Exclude<Question, { readonly kind: 'runtime' }>;

/** The answer, of the shape that its kind has; null = none, as it would take too long. */
export function answerOf(
  question: PlaneQuestion,
  { inFlight, talkers, now }: AnswerContext,
): QuestionShapes[PlaneQuestion['kind']]['answer'] | null {
  switch (question.kind) {
    case 'inflight':
      try {
        return inFlight.list(question.filter, question.limit, now);
      } catch (error) {
        if (error instanceof FilterTooSlow) return null;
        throw error;
      }
    case 'kill':
      return { killed: inFlight.kill(question.id, now) };
    case 'work':
      return { targets: inFlight.work(new Set(question.targets), question.limit, now) };
    case 'cut':
      return { cut: inFlight.cut(new Set(question.targets)) };
    case 'talkers':
      return talkers.seen(question.by, question.windowMs, now);
  }
}
