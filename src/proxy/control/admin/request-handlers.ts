/** What the endpoints of single requests do: those that have finished, from rings; those under way, by asking the workers. */
import type {
  InflightReply,
  InflightRequest,
  KillReply,
  RequestsQuery,
  RequestsReply,
} from '../../../admin/contract/request-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { Filter } from '../../../filter/filter.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { FinishedRequests } from '../records/finished-requests.ts';
import type { Supervisor } from '../supervisor.ts';
import type { Call, Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';
import { filterOf, limitOf, patienceOf, sinceOf } from './query.ts';

export interface RequestContext {
  readonly supervisor: Supervisor;
  readonly finished: FinishedRequests;
  readonly state: DaemonState;
  readonly clock: Clock;
}

type RequestHandlers = Pick<Handlers, 'requests' | 'inflight' | 'inflight-kill'>;

export function makeRequestHandlers(context: RequestContext): RequestHandlers {
  return {
    requests: async ({ query }) => listFinished(context, query),
    inflight: async ({ query }) => {
      const filter = filterOf(query, 'inflight');
      return listUnderWay(context, filter, limitOf(query, 'inflight'));
    },
    'inflight-kill': (call) => kill(context, call),
  };
}

function listFinished({ finished, state, clock }: RequestContext, query: URLSearchParams): RequestsReply {
  const nowMs = clock.wallMs();
  const { slowMs } = state.applied.plan;
  const { requests, more, kept } = finished.find({
    kind: kindOf(query.get('kind')),
    filter: filterOf(query, 'requests'),
    limit: limitOf(query, 'requests'),
    sinceMs: sinceOf(query, nowMs),
    slowMs,
    nowMs,
    patience: patienceOf(),
  });
  return { at: rfc3339(nowMs), requests, more, slow_ms: slowMs, kept };
}

function kindOf(text: string | null): NonNullable<RequestsQuery['kind']> {
  if (text === null || text === 'all') return 'all';
  if (text === 'errors' || text === 'slow') return text;
  throw new AdminProblem(400, 'SNT-A008', `kind is ${JSON.stringify(text)}, expected errors, slow or all`);
}

async function listUnderWay(
  { supervisor, clock }: RequestContext,
  filter: Filter,
  limit: number,
): Promise<InflightReply> {
  const answers = await supervisor.ask({ kind: 'inflight', filter, limit });
  const requests: InflightRequest[] = [];
  const unanswered: number[] = [];
  let matching = 0;
  let total = 0;
  for (const { worker, answer } of answers) {
    if (answer === null) {
      unanswered.push(worker);
      continue;
    }
    requests.push(...answer.requests);
    matching += answer.matching;
    total += answer.total;
  }
  requests.sort((a, b) => b.age_ms - a.age_ms);
  return { at: rfc3339(clock.wallMs()), requests: requests.slice(0, limit), matching, total, unanswered };
}

async function kill(context: RequestContext, { params, note }: Call<'inflight-kill'>): Promise<KillReply> {
  const { id: given } = params;
  const id = /^\d+-\d+$/.test(given) ? given : await idOf(context, given);
  const answers = await context.supervisor.ask({ kind: 'kill', id });
  const killed = answers.map(({ answer }) => answer?.killed ?? null).find((one) => one !== null);
  if (killed === undefined) {
    const owner = answers.find(({ worker }) => id.startsWith(`${worker}-`));
    if (owner?.answer === null) throw silent([owner.worker], `whether ${id} was ended is not known`);
    throw gone(given);
  }
  const { correlation_id, client_ip, method, host, path, route, target, phase, age_ms } = killed;
  note({ request: id, correlation_id, client_ip, method, host, path, route, target, phase, age_ms });
  return { killed };
}

/** The id of the one request under way that has this correlation id. @throws 404, 409, 503 */
async function idOf(context: RequestContext, correlationId: string): Promise<string> {
  const filter: Filter = { kind: 'text', field: 'id', op: '=', text: correlationId };
  const { requests, unanswered } = await listUnderWay(context, filter, 20);
  const [only, ...others] = requests;
  if (others.length > 0) {
    throw new AdminProblem(
      409,
      'SNT-A018',
      `${requests.length} requests under way have the correlation id ${given(correlationId)}`,
      {
        problems: requests.map((one) => `${one.id}: ${one.method} ${one.host}${one.path}`),
        hint: `sentinel inflight kill ${only?.id}`,
      },
    );
  }
  if (only !== undefined) return only.id;
  if (unanswered.length > 0) throw silent(unanswered, `none of the other requests is ${given(correlationId)}`);
  throw gone(correlationId);
}

function given(id: string): string {
  return JSON.stringify(id);
}

function gone(id: string): AdminProblem {
  return new AdminProblem(404, 'SNT-A018', `no request under way is ${given(id)}; it may have ended meanwhile`, {
    hint: `sentinel trace ${id}`,
  });
}

function silent(workers: readonly number[], consequence: string): AdminProblem {
  const who = workers.length === 1 ? `worker ${workers[0]}` : `workers ${workers.join(', ')}`;
  return new AdminProblem(503, 'SNT-A019', `${who} did not answer within a second; ${consequence}`, {
    hint: 'sentinel status',
  });
}
