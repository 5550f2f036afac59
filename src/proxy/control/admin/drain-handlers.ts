/** What the endpoints of drains do. Who may call them was decided before; whether a target may go is judged here, in one go with its going. */
import type {
  DrainReply,
  DrainRequest,
  DrainsReply,
  DrainState,
  UndrainReply,
} from '../../../admin/contract/drain-shapes.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { Drain } from '../drains/drain.ts';
import { judgeOrder } from '../drains/drain-orders.ts';
import type { Drains } from '../drains/drains.ts';
import type { FollowUp } from '../drains/follow-up.ts';
import type { Health } from '../health/health.ts';
import type { TargetChanges } from '../overrides/target-changes.ts';
import type { Supervisor } from '../supervisor.ts';
import type { Call, Handlers } from './call.ts';
import { drainState, nothingSeen, seeWork, websocketsAt } from './drain-views.ts';
import { AdminProblem } from './problem.ts';
import { windowStates } from './traffic-views.ts';
import type { ViewContext } from './views.ts';

export interface DrainContext {
  readonly view: ViewContext;
  readonly drains: Drains;
  readonly followUp: FollowUp;
  readonly health: Health;
  readonly supervisor: Supervisor;
  /** Whoever takes targets out otherwise. */
  readonly targetChanges: TargetChanges;
}

export function makeDrainHandlers(
  context: DrainContext,
): Pick<Handlers, 'drains' | 'drain' | 'drain-begin' | 'drain-end'> {
  const { drains } = context;
  return {
    drains: async (): Promise<DrainsReply> => ({
      drains: await states(context, drains.inForce),
      ended: drains.ended.map((drain) => drainState(drain, nothingSeen)),
    }),
    drain: async ({ params }) => {
      const found = drains.find(params.id);
      if (found === undefined) throw noDrain(context, params.id);
      return (await states(context, [found]))[0] as DrainState;
    },
    'drain-begin': (call) => begin(context, call),
    'drain-end': (call) => end(context, call),
  };
}

async function begin(context: DrainContext, { body, actor, reason, note }: Call): Promise<DrainReply> {
  const { checkDrainRequest } = await import('../../../admin/contract/bodies.ts');
  const checked = checkDrainRequest(body);
  if (!checked.ok) {
    throw new AdminProblem(400, 'SNT-A008', `this is not a drain: ${checked.problems.join('; ')}`, {
      problems: checked.problems,
    });
  }
  const request: DrainRequest = checked.value;
  note({ target: request.target, dry_run: request.dry_run === true ? 'yes' : 'no' });
  const { drains, health, view, supervisor } = context;
  const { config, plan } = view.state.applied;
  const { clock, registry, traffic } = view;
  const leaving = context.targetChanges.leaving.bind(context.targetChanges);
  const rateOf = (id: string) => windowStates(traffic, 'target', id)['1m']?.requests_per_s ?? 0;
  // From here to the last `begin` nothing may wait: that is what keeps two operators from taking the last pair.
  const judged = judgeOrder({ clock, config, plan, registry, health, drains, leaving, rateOf }, request, actor, reason);
  if (judged.kind === 'unfit') {
    const { status, code, detail, hint, problems = [] } = judged;
    throw new AdminProblem(status, code, detail, { hint, problems });
  }
  const dryRun = request.dry_run === true;
  const begun = dryRun ? [] : judged.orders.map((order) => drains.begin(order));
  const going = judged.preview.flatMap(({ upstream, targets }) => targets.map((address) => `${upstream}/${address}`));
  const seen = await seeWork(supervisor.ask.bind(supervisor), going);
  const preview = judged.preview.map((one) => ({
    ...one,
    websockets: websocketsAt(
      seen,
      one.targets.map((address) => `${one.upstream}/${address}`),
    ),
  }));
  await Promise.all(begun.map(({ inForce }) => inForce));
  const there = [...judged.attached, ...begun.map(({ drain }) => drain)];
  note({ drains: there.map(({ record }) => record.id).join(', ') });
  return {
    drains: await states(context, there),
    attached: judged.attached.map(({ record }) => record.id),
    preview,
    dry_run: dryRun,
  };
}

async function end(
  context: DrainContext,
  { params, query, actor, reason, note }: Call<'drain-end'>,
): Promise<UndrainReply> {
  const { drains, followUp, view } = context;
  const drain = drains.find(params.id);
  if (drain === undefined || drain.result !== null) throw noDrain(context, params.id);
  const { record } = drain;
  note({ target: record.target });
  const checks = query.get('force') === '1' ? [] : await checked(context, drain);
  const failed = checks.filter(({ ok }) => !ok);
  if (failed.length > 0) {
    throw new AdminProblem(
      409,
      'SNT-U008',
      `${record.target} stays ${record.state}: ${failed.map(({ target, words }) => `the check of ${target} says ${words}`).join('; ')}`,
      { hint: `sentinel undrain ${record.target} --force` },
    );
  }
  await drains.settled(drain);
  const lines = await putBack(followUp, drain, actor, reason);
  // While the check was made, its time may have been over, or somebody else was faster.
  if (drains.find(params.id)?.result !== null) throw noDrain(context, params.id);
  const upstreams = view.state.applied.config.upstreams.filter(({ name }) => record.upstreams.includes(name));
  await drains.end(drain, drain.record.state === 'drained' ? 'undrained' : 'cancelled', actor, reason);
  return {
    drain: drainState(drain, nothingSeen),
    checks,
    slow_start_ms: Math.max(0, ...upstreams.map(({ slowStartMs }) => slowStartMs)),
    lines,
  };
}

/** The file as it was, first: with weight 0 in it nothing would come back. */
async function putBack(
  followUp: FollowUp,
  drain: Drain,
  actor: string,
  reason: string | null,
): Promise<readonly string[]> {
  try {
    return await followUp.putBack(drain, actor, reason);
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    throw new AdminProblem(
      409,
      'SNT-U012',
      `the weights of ${drain.record.target} could not be written back, and it stays drained: ${error.message}`,
      { hint: error.hint ?? `sentinel explain ${error.code}` },
    );
  }
}

async function checked({ health }: DrainContext, drain: Drain): Promise<UndrainReply['checks']> {
  const results = await Promise.all(
    drain.ids.map(async (target) => {
      const result = await health.probeOne(target);
      return result === null ? [] : [{ target, ok: result.ok, words: result.words }];
    }),
  );
  return results.flat();
}

async function states({ supervisor }: DrainContext, drains: readonly Drain[]): Promise<readonly DrainState[]> {
  const seen = await seeWork(
    supervisor.ask.bind(supervisor),
    drains.filter(({ result }) => result === null).flatMap(({ ids }) => ids),
  );
  return drains.map((drain) => drainState(drain, seen));
}

function noDrain({ drains }: DrainContext, id: string): AdminProblem {
  const ended = drains.find(id);
  const why =
    ended === undefined ? `there is no drain ${JSON.stringify(id)}` : `drain ${id} has ended: ${ended.result}`;
  return new AdminProblem(404, 'SNT-U007', why, { hint: 'sentinel drains' });
}
