/** What the endpoints of the hand-over to a new process do. Who may call them was decided before, but for naming a program. */
import type { UpgradeReply } from '../../../admin/contract/upgrade-shapes.ts';
import { SentinelError } from '../../../base/errors.ts';
import { defaultTimeoutMs, type Upgrades } from '../upgrade/upgrade.ts';
import type { Call, Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';

export interface UpgradeContext {
  readonly upgrades: Upgrades;
}

export function makeUpgradeHandlers({ upgrades }: UpgradeContext): Pick<Handlers, 'upgrade' | 'upgrade-begin'> {
  return {
    upgrade: async () => upgrades.state,
    'upgrade-begin': (call) => begin(upgrades, call),
  };
}

async function begin(upgrades: Upgrades, { body, actor, reason, note }: Call): Promise<UpgradeReply> {
  const { checkUpgradeRequest } = await import('../../../admin/contract/bodies.ts');
  const checked = checkUpgradeRequest(body);
  if (!checked.ok) {
    throw new AdminProblem(400, 'SNT-A008', `this is not an upgrade: ${checked.problems.join('; ')}`, {
      problems: checked.problems,
    });
  }
  const { binary = null, timeout_ms: timeoutMs = defaultTimeoutMs } = checked.value;
  note({ binary });
  // Whoever names a program may run anything as the user of the daemon: a token that was stolen must not be enough.
  if (binary !== null && !actor.startsWith('user ')) {
    throw new AdminProblem(403, 'SNT-A004', 'a program can be named by way of the admin socket only', {
      hint: 'run `sentinel upgrade --binary …` on the machine of the daemon',
    });
  }
  try {
    upgrades.begin({ binary, timeoutMs, actor, reason });
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    throw new AdminProblem(409, error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
  }
  return upgrades.state;
}
