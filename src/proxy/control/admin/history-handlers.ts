/** What `GET /admin/config/history` and `GET /admin/config/history/{number}` give. Reads, changes nothing. */
import { SentinelError } from '../../../base/errors.ts';
import type { History } from '../history/history.ts';
import type { Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';

export interface HistoryContext {
  readonly history: History;
}

export function makeHistoryHandlers({
  history,
}: HistoryContext): Pick<Handlers, 'config-history' | 'config-generation'> {
  return {
    'config-history': async () => history.view(),
    'config-generation': async ({ params }) => {
      if (!/^[1-9]\d{0,7}$/.test(params.number)) {
        const given = JSON.stringify(params.number);
        throw new AdminProblem(400, 'SNT-A008', `the generation is ${given}, expected a number such as 41`);
      }
      try {
        return history.viewOf(Number(params.number));
      } catch (error) {
        if (!(error instanceof SentinelError)) throw error;
        throw new AdminProblem(404, error.code, error.message, { hint: error.hint });
      }
    },
  };
}
