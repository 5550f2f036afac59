/** What the endpoints of upstreams, checks and breakers do. One function per endpoint; who may call it was decided before. */
import type { BreakerReply, CheckReply } from '../../../admin/contract/upstream-shapes.ts';
import type { Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';
import { breakerState, checkResult, type HealthContext, upstreamHealths, upstreamStates } from './upstream-views.ts';

type HealthEndpoint =
  | 'upstreams'
  | 'upstream'
  | 'upstream-health'
  | 'upstream-check'
  | 'health-check'
  | 'breakers'
  | 'breaker-reset'
  | 'breaker-open';

export function makeHealthHandlers(context: HealthContext): Pick<Handlers, HealthEndpoint> {
  const { breakers } = context;
  return {
    upstreams: async () => ({ upstreams: upstreamStates(context, null) }),
    upstream: async ({ params }) => {
      const [found] = upstreamStates(context, known(context, params.name));
      if (found === undefined) throw noUpstream(context, params.name);
      return found;
    },
    'upstream-health': async ({ params }) => ({ upstreams: upstreamHealths(context, oneOrAll(context, params.name)) }),
    'upstream-check': async ({ params }) => check(context, oneOrAll(context, params.name)),
    'health-check': async () => check(context, null),
    breakers: async () => ({ breakers: breakers.all.map((named) => breakerState(breakers.report(named))) }),
    'breaker-reset': async ({ params, actor, reason }) =>
      move(context, params.id, 'closed', orderOf('reset', actor, reason)),
    'breaker-open': async ({ params, actor, reason }) =>
      move(context, params.id, 'forced_open', orderOf('held open', actor, reason)),
  };
}

async function check({ view, health }: HealthContext, name: string | null): Promise<CheckReply> {
  const { config, plan } = view.state.applied;
  const probed = await health.checkNow(name);
  const results = probed.map((one) => checkResult(one, health.of(`${one.upstream}/${one.target}`)));
  const skipped = config.upstreams.flatMap((upstream, index): CheckReply['skipped'] => {
    if (name !== null && upstream.name !== name) return [];
    if (upstream.static !== null) {
      // Those that are built in and that nobody named say nothing of interest.
      if (name === null && upstream.builtin) return [];
      return [{ upstream: upstream.name, reason: 'static', why: 'answers by itself, without a target' }];
    }
    const none = (plan.upstreams[index]?.targets ?? []).length === 0;
    if (!none) return [];
    const failure = view.discovery.names(upstream).find((one) => one.failure !== null)?.failure ?? null;
    const because = failure === null ? '' : `: ${failure.words}`;
    return [{ upstream: upstream.name, reason: 'no_target', why: `has no target now${because}` }];
  });
  return { results, skipped };
}

function move(
  { breakers, health, view }: HealthContext,
  id: string,
  to: 'closed' | 'forced_open',
  why: string,
): BreakerReply {
  const named = breakers.find(id);
  if (named === undefined) {
    const ids = breakers.all.map(({ breaker }) => breaker.id);
    throw new AdminProblem(404, 'SNT-A014', `there is no breaker ${JSON.stringify(id)}; ${listed(ids)}`, {
      hint: 'sentinel breakers',
    });
  }
  breakers.set(named, to, why);
  health.breakerMoved();
  view.state.touch();
  return { breaker: breakerState(breakers.report(named)) };
}

function orderOf(what: string, actor: string, reason: string | null): string {
  return `${what} by ${actor}${reason === null ? '' : `: ${reason}`}`;
}

/** The name, or `null` for `*`. */
function oneOrAll(context: HealthContext, name: string): string | null {
  return name === '*' ? null : known(context, name);
}

/** @throws 404 when no upstream has that name */
function known(context: HealthContext, name: string): string {
  if (context.view.state.applied.config.upstreams.some((upstream) => upstream.name === name)) return name;
  throw noUpstream(context, name);
}

function noUpstream({ view }: HealthContext, name: string): AdminProblem {
  const names = view.state.applied.config.upstreams.map((upstream) => upstream.name);
  return new AdminProblem(404, 'SNT-A014', `there is no upstream ${JSON.stringify(name)}; ${listed(names)}`, {
    hint: 'sentinel upstreams',
  });
}

/** More names than these help nobody. */
const SHOWN = 10;

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'there are none';
  const more = names.length - SHOWN;
  return `there are ${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
