/** Times that an operator gives a configuration on trial. The range is the daemon's to judge, which says why. */
import { SentinelError } from '../../base/errors.ts';
import { parseDuration } from '../../base/units.ts';

/** @param what `--confirm-within`, or the argument that it was given as. @throws SNT-P040 */
export function windowOf(given: string, what: string, hint: string): number {
  const ms = parseDuration(given);
  if (ms !== null && ms > 0) return ms;
  throw new SentinelError('SNT-P040', `${what} is ${JSON.stringify(given)}, expected a time such as 90s, 5m or 1h`, {
    hint,
  });
}
