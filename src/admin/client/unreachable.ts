/** Words for a daemon that could not be reached, for people: what was tried, and what became of it. Sends nothing. */
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { addressText, type DaemonAddress } from './address.ts';

/** What is thrown when none of the addresses of a daemon answered: SNT-A001, A002 or A010. */
export function unreachable(
  failures: readonly { readonly address: DaemonAddress; readonly error: unknown }[],
): SentinelError {
  const tried = failures.map(({ address, error }) => `${addressText(address)}: ${failureWords(error)}`).join('; ');
  const denied = failures.find(({ error }) => errnoOf(error) === 'EACCES');
  if (denied !== undefined) {
    return new SentinelError('SNT-A002', `this user may not open the admin socket (${tried})`, {
      hint: `join the group of ${addressText(denied.address)}, or run the command as the user of the daemon`,
      cause: denied.error,
    });
  }
  const broken = failures.find(({ error }) => !['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(errnoOf(error) ?? ''));
  return new SentinelError(
    broken !== undefined && errnoOf(broken.error)?.startsWith('HPE_') ? 'SNT-A010' : 'SNT-A001',
    `no daemon answers (${tried})`,
    { hint: 'start one with `sentinel run`, or name another with --daemon', cause: failures[0]?.error },
  );
}

/** Why one address did not answer: `nothing listens there`. */
export function failureWords(error: unknown): string {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'no such socket';
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'EACCES':
      return 'permission denied';
    case 'ETIMEDOUT':
      return 'no answer in time';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
