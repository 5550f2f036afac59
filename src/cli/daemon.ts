/** The daemon that a command talks to: its one client, made from `--daemon`, the environment or the run-time folders. */
import { type DaemonTarget, daemonTargets } from '../admin/client/address.ts';
import { AdminClient } from '../admin/client/client.ts';
import { tokenFor } from '../admin/client/token.ts';
import { SentinelError } from '../base/errors.ts';
import type { Invocation } from './command.ts';

/** @throws SNT-P009 for a name that is no address, SNT-P040 when several are named, and as `clientOf` */
export function daemonOf(invocation: Invocation): AdminClient {
  return clientOf(invocation, daemonTarget(invocation));
}

/** The client of a daemon, with the token where it is reached by TCP. @throws SNT-A040, SNT-A041, SNT-A042 for a token that cannot be had */
export function clientOf(
  { context, version }: Pick<Invocation, 'context' | 'version'>,
  target: DaemonTarget,
): AdminClient {
  const token = tokenFor([target], context.environment);
  return new AdminClient({ target, version, ...(token === undefined ? {} : { token }) });
}

/** Where it is. @throws as `daemonOf` */
export function daemonTarget(invocation: Invocation): DaemonTarget {
  const targets = daemonTargets(invocation.context, invocation.option('daemon'));
  const [target, ...others] = targets;
  if (target === undefined || others.length > 0) {
    const names = targets.map(({ name }) => name).join(', ');
    throw new SentinelError('SNT-P040', `this command talks to one daemon and ${targets.length} are named: ${names}`, {
      hint: 'name one with --daemon',
    });
  }
  return target;
}
