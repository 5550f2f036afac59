/**
 * What the endpoints of overrides and of run-time targets do. Who may call them was decided before; what would cut off everybody
 * needs a second word.
 */
import {
  overrideKinds,
  type OverrideKind,
  type OverrideReply,
  type TargetReply,
} from '../../../admin/contract/override-shapes.ts';
import type { ErrorCode } from '../../../base/codes.ts';
import { SentinelError } from '../../../base/errors.ts';
import { rfc3339 } from '../../../base/units.ts';
import { everyRoute, type OverrideEntry } from '../overrides/entry.ts';
import { entriesOf, takenOut } from '../overrides/orders.ts';
import type { OverrideChange } from '../overrides/overrides.ts';
import type { TargetChange, TargetChanges, TargetOrder } from '../overrides/target-changes.ts';
import type { Call, Handlers } from './call.ts';
import { allOverrides, type OverrideViewContext, overrideState } from './override-views.ts';
import { AdminProblem } from './problem.ts';

export interface OverrideContext extends OverrideViewContext {
  readonly targetChanges: TargetChanges;
}

type OverrideHandlers = Pick<
  Handlers,
  | 'overrides'
  | 'overrides-clear'
  | 'overrides-of'
  | 'override-set'
  | 'override-clear'
  | 'target-add'
  | 'target-weight'
  | 'target-remove'
>;

export function makeOverrideHandlers(context: OverrideContext): OverrideHandlers {
  return {
    overrides: async () => ({ overrides: allOverrides(context) }),
    'overrides-of': async ({ params }) => {
      const kind = kindOf(params.kind);
      return { overrides: allOverrides(context).filter((one) => one.kind === kind) };
    },
    'override-set': (call) => set(context, call),
    'override-clear': async (call) => {
      const kind = kindOf(call.params.kind);
      const subject = call.query.get('subject');
      const key = call.query.get('key');
      call.note({ subject, key });
      const which = (entry: OverrideEntry) =>
        entry.kind === kind && (subject === null || entry.subject === subject) && (key === null || entry.key === key);
      return clear(context, call, which, [kind, subject, key].filter((word) => word !== null).join(' '));
    },
    'overrides-clear': (call) => clear(context, call, () => true, null),
    'target-add': (call) => changeTarget(context, call, (order, weight) => context.targetChanges.add(order, weight)),
    'target-weight': (call) =>
      changeTarget(context, call, (order, weight) => {
        if (weight === null) throw new AdminProblem(400, 'SNT-A008', 'weight is missing, expected a whole number');
        return context.targetChanges.weigh(order, weight);
      }),
    'target-remove': async ({ params, query, actor, reason, note }) => {
      const address = query.get('address') ?? '';
      const persist = query.get('persist') === '1';
      note({ address, persist: String(persist) });
      running(context);
      const confirm = query.get('confirm');
      const order: TargetOrder = { upstream: params.name, address, actor, reason, expiresInMs: null, persist, confirm };
      return targetReply(context, await asProblem(() => context.targetChanges.remove(order)));
    },
  };
}

/** What stands before a route, as `route explain` says it. */
export function pagesBefore(context: OverrideViewContext, route: string): readonly string[] {
  const entries = context.runTime.all.filter(({ kind }) => kind === 'maintenance');
  const found =
    entries.find(({ subject }) => subject === route) ?? entries.find(({ subject }) => subject === everyRoute);
  if (found === undefined) return [];
  const { value, expires_at: until } = overrideState(context, found);
  return [`maintenance until ${until ?? 'it is taken back'}: 503 with a page (${value})`];
}

async function set(context: OverrideContext, call: Call<'override-set'>): Promise<OverrideReply> {
  const { params, body, actor, reason, note } = call;
  const { runTime, clock, state, targetChanges } = context;
  const kind = kindOf(params.kind);
  const { checkOverrideRequest } = await import('../../../admin/contract/bodies.ts');
  const checked = checkOverrideRequest(body);
  if (!checked.ok) {
    throw new AdminProblem(400, 'SNT-A008', `this cannot be set: ${checked.problems.join('; ')}`, {
      problems: checked.problems,
    });
  }
  running(context);
  const request = checked.value;
  note({ subject: request.subject ?? null });
  const config = runTime.withTargets(state.applied.base);
  return asProblem(async () => {
    const entries = entriesOf(kind, request, { config, among: runTime.all, nowMs: clock.wallMs(), actor, reason });
    if (request.dry_run === true) {
      note({ dry_run: 'true' });
      return reply(context, { entries, replaced: [], kept: true });
    }
    const confirm = request.confirm ?? null;
    if (kind === 'maintenance' && request.subject === everyRoute && confirm !== 'all') {
      throw new AdminProblem(
        409,
        'SNT-A012',
        'this would answer every request of every client with the page; nothing was done',
        {
          hint: 'sentinel maintenance on --all --confirm=all',
        },
      );
    }
    const [first] = entries;
    note({
      set: entries
        .map((entry) => overrideState(context, entry))
        .map(({ key, value }) => (key === null ? value : `${key}=${value}`))
        .join(' '),
      expires_at: first === undefined || first.expiresAt === null ? null : rfc3339(first.expiresAt),
    });
    const put = () => runTime.set(entries);
    const out = takenOut(entries, config);
    if (out === null) return reply(context, await put());
    const command = `sentinel override weight ${out.upstream}/${out.target} 0`;
    return reply(context, await targetChanges.takingOut(out.upstream, out.target, confirm, command, put));
  });
}

async function clear(
  context: OverrideContext,
  { actor, reason }: Pick<Call, 'actor' | 'reason'>,
  which: (entry: OverrideEntry) => boolean,
  named: string | null,
): Promise<OverrideReply> {
  running(context);
  const { entries, kept } = await asProblem(() => context.runTime.clear(which, actor, reason));
  if (entries.length === 0 && named !== null) {
    throw new AdminProblem(404, 'SNT-A013', `nothing is set for ${named}`, { hint: 'sentinel override list' });
  }
  // What it allowed is of no more interest.
  return { ...reply(context, { entries, replaced: [], kept }), remarks: keptRemarks(kept) };
}

async function changeTarget(
  context: OverrideContext,
  { params, body, actor, reason, note }: Call<'target-add' | 'target-weight'>,
  change: (order: TargetOrder, weight: number | null) => Promise<TargetChange>,
): Promise<TargetReply> {
  const { checkTargetRequest } = await import('../../../admin/contract/bodies.ts');
  const checked = checkTargetRequest(body);
  if (!checked.ok) {
    throw new AdminProblem(400, 'SNT-A008', `this is no target: ${checked.problems.join('; ')}`, {
      problems: checked.problems,
    });
  }
  const { address, weight = null, persist = false, expires_in_ms: expiresInMs = null, confirm = null } = checked.value;
  note({ address, weight, persist: String(persist) });
  running(context);
  const order: TargetOrder = { upstream: params.name, address, actor, reason, expiresInMs, persist, confirm };
  return targetReply(context, await asProblem(() => change(order, weight)));
}

function reply(context: OverrideContext, { entries, replaced, kept }: OverrideChange): OverrideReply {
  const overrides = entries.map((entry) => overrideState(context, entry));
  const looser = overrides.filter(({ loosens }) => loosens);
  return {
    overrides,
    replaced: replaced.length,
    kept,
    remarks: [
      ...looser.map(
        ({ kind, subject, value, replaces }) =>
          `${kind} ${subject} allows more than the file: ${value} in place of ${replaces}`,
      ),
      ...keptRemarks(kept),
    ],
  };
}

function keptRemarks(kept: boolean): readonly string[] {
  return kept ? [] : ['it could not be written to the state folder: after a restart it is as before (sentinel status)'];
}

function targetReply(context: OverrideContext, change: TargetChange): TargetReply {
  const { written } = change;
  return {
    ...reply(context, change),
    taken_back: change.takenBack,
    written:
      written === null ? null : { file: written.edit.path, diff: written.edit.diff, generation: written.generation },
  };
}

/** @throws 404 for a kind that there is not */
function kindOf(text: string): OverrideKind {
  const kind = overrideKinds.find((one) => one === text);
  if (kind !== undefined) return kind;
  const all = [...overrideKinds, 'block', 'log-level'].join(', ');
  throw new AdminProblem(404, 'SNT-A005', `there are no overrides of kind ${JSON.stringify(text)}, expected ${all}`);
}

/** @throws 409 while the daemon ends: what is set now would be in force nowhere */
function running({ state }: OverrideContext): void {
  if (state.phase === 'running') return;
  throw new AdminProblem(409, 'SNT-P011', `the daemon is ${state.phase} and takes no change`);
}

const statuses: Partial<Readonly<Record<ErrorCode, number>>> = { 'SNT-A008': 400, 'SNT-A034': 404, 'SNT-P011': 503 };

/** What was refused, as it travels. */
async function asProblem<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    throw new AdminProblem(statuses[error.code] ?? 409, error.code, error.message, { hint: error.hint });
  }
}
