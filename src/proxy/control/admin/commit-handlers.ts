/** What the endpoints of guarded changes do: bodies in, orders to `commit/commit.ts`, and what came of them as the contract has it. */
import type { ApplyReply, RollbackReply } from '../../../admin/contract/commit-shapes.ts';
import type { BodyCheck } from '../../../admin/contract/bodies.ts';
import type { ErrorCode } from '../../../base/codes.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { Commit } from '../commit/commit.ts';
import type { Done } from '../commit/own-changes.ts';
import { limitsOf } from '../commit/guard-limits.ts';
import type { Call, Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';

export interface CommitContext {
  readonly commit: Commit;
}

type CommitHandlers = Pick<
  Handlers,
  'config-pending' | 'config-apply' | 'config-confirm' | 'config-extend' | 'config-rollback'
>;

const statusOf: Partial<Record<ErrorCode, number>> = {
  'SNT-A007': 412,
  'SNT-A020': 409,
  'SNT-A021': 409,
  'SNT-A022': 400,
  'SNT-A023': 409,
  'SNT-A024': 409,
  'SNT-A025': 404,
  'SNT-P010': 409,
  'SNT-P011': 422,
  'SNT-P023': 409,
};

export function makeCommitHandlers({ commit }: CommitContext): CommitHandlers {
  return {
    'config-pending': async () => commit.view(),
    'config-apply': (call) => apply(commit, call),
    'config-confirm': async ({ body, actor, reason, note }) => {
      const { checkConfirmRequest } = await import('../../../admin/contract/bodies.ts');
      const { id } = checked(checkConfirmRequest(body), 'to confirm');
      note({ id });
      return { id, ...(await refused(commit.confirm(id, actor, reason))) };
    },
    'config-extend': async ({ body, actor, note }) => {
      const { checkExtendRequest } = await import('../../../admin/contract/bodies.ts');
      const { id, by_ms: byMs } = checked(checkExtendRequest(body), 'to extend');
      note({ id, by_ms: byMs });
      return { pending: await refused(commit.extend(id, byMs, actor)) };
    },
    'config-rollback': (call) => rollBack(commit, call),
  };
}

type Asked = Pick<Call, 'body' | 'actor' | 'reason' | 'outdated' | 'note'>;

async function apply(commit: Commit, { body, actor, reason, outdated, note }: Asked): Promise<ApplyReply> {
  const { checkApplyRequest } = await import('../../../admin/contract/bodies.ts');
  const request = checked(checkApplyRequest(body), 'to apply');
  const { text, confirm_within_ms: windowMs = null, guards = {}, stack = false } = request;
  note({ confirm_within_ms: windowMs });
  const done = await refused(
    commit.apply({ actor, reason, outdated, text, windowMs, limits: limitsOf(guards), stack }),
  );
  const { generation, digest, durationMs, warnings } = inForce(done);
  const { pending } = commit;
  // A guard may have had enough of it by now, but not so soon.
  const trial = pending?.generation === generation ? pending : null;
  note({ generation, id: trial?.id ?? null });
  return {
    result: windowMs === null ? 'confirmed' : 'pending',
    generation,
    from_generation: done.from,
    digest,
    duration_ms: durationMs,
    warnings: [...warnings, ...done.remarks],
    pending: trial,
    disk: done.disk,
  };
}

async function rollBack(commit: Commit, { body, actor, reason, outdated, note }: Asked): Promise<RollbackReply> {
  const { checkRollbackRequest } = await import('../../../admin/contract/bodies.ts');
  const to = checked(checkRollbackRequest(body), 'to go back to');
  note({ id: to.id ?? null, to: to.generation ?? null });
  const done = await refused(commit.rollback(to, { actor, reason, outdated }));
  const { generation, digest, durationMs, warnings } = inForce(done);
  note({ generation, restored: done.restored });
  return {
    id: done.id,
    generation,
    restored: done.restored,
    from_generation: done.from,
    digest,
    duration_ms: durationMs,
    warnings: [...warnings, ...done.remarks],
    disk: done.disk ?? { written: false, path: '', problem: null },
  };
}

function checked<T>(check: BodyCheck<T>, what: string): T {
  if (check.ok) return check.value;
  const { problems } = check;
  throw new AdminProblem(400, 'SNT-A008', `the body does not say what ${what}: ${problems.join('; ')}`, { problems });
}

/** What a configuration that is in force now says of itself; a problem with all reasons when it is not. */
function inForce({ outcome }: Done): Done['outcome'] {
  const { result, code, problems, hint } = outcome;
  if (result === 'completed') return outcome;
  const [first = 'nothing was applied'] = problems;
  const detail = problems.length < 2 ? first : `the configuration has ${problems.length} mistakes; nothing was applied`;
  throw new AdminProblem(statusOf[code ?? 'SNT-P011'] ?? 422, code ?? 'SNT-P011', detail, { hint, problems });
}

async function refused<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    throw new AdminProblem(statusOf[error.code] ?? 500, error.code, error.message, { hint: error.hint });
  }
}
