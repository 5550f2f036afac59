/** Why a process did not take over, with what it had to say itself. */
import type { UpgradeProblem } from '../../../admin/contract/upgrade-shapes.ts';
import { SentinelError } from '../../../base/errors.ts';

export class HeirFailure extends SentinelError {
  readonly output: readonly string[];

  constructor({ detail, hint, output }: Omit<UpgradeProblem, 'code'>) {
    super('SNT-P031', detail, hint === null ? {} : { hint });
    this.output = output;
  }
}
