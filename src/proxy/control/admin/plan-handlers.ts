/** What the endpoints do that look at a configuration before it is put in force: bodies in, questions to `plan/planner.ts`. */
import type { BodyCheck } from '../../../admin/contract/bodies.ts';
import type { PlanReply } from '../../../admin/contract/plan-shapes.ts';
import { SentinelError } from '../../../base/errors.ts';
import { type PlanContext, planOf, type Unplanned, validationOf } from '../plan/planner.ts';
import type { Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';

export interface PlanHandlerContext {
  readonly planning: PlanContext;
}

export function makePlanHandlers({ planning }: PlanHandlerContext): Pick<Handlers, 'config-plan' | 'config-validate'> {
  return {
    'config-plan': async ({ body }): Promise<PlanReply> => {
      const { checkPlanRequest } = await import('../../../admin/contract/bodies.ts');
      const request = checked(checkPlanRequest(body), 'to plan');
      const found = kept(() => planOf(planning, request));
      if (found.kind === 'unplanned') throw unplanned(found);
      return found.reply;
    },
    'config-validate': async ({ body }) => {
      const { checkValidateRequest } = await import('../../../admin/contract/bodies.ts');
      const request = checked(checkValidateRequest(body), 'to validate');
      return kept(() => validationOf(planning, request));
    },
  };
}

function checked<T>(found: BodyCheck<T>, what: string): T {
  if (found.ok) return found.value;
  throw new AdminProblem(400, 'SNT-A008', `the body is not a request ${what}`, { problems: found.problems });
}

/** A generation that is not kept is not there. */
function kept<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    throw new AdminProblem(404, error.code, error.message, { hint: error.hint });
  }
}

const titles = {
  running: 'the running configuration',
  disk: 'the configuration on disk',
  generation: 'the configuration of the history',
  text: 'the configuration',
} as const;

function unplanned({ side, problems }: Unplanned): AdminProblem {
  const detail = problems.length === 1 ? (problems[0] as string) : `${titles[side]} has ${problems.length} mistakes`;
  return new AdminProblem(422, 'SNT-P013', detail, {
    problems,
    hint: side === 'text' ? 'sentinel validate FILE' : 'sentinel validate',
  });
}
