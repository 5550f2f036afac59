/** The daemon that a command talks to: its one client, made from `--daemon`, the environment or the run-time folders. */
import { type DaemonTarget, daemonTargets } from '../admin/client/address.ts';
import { AdminClient } from '../admin/client/client.ts';
import { SentinelError } from '../base/errors.ts';
import type { Invocation } from './command.ts';

/** @throws SNT-P009 for a name that is no address, SNT-P040 when several are named */
export function daemonOf(invocation: Invocation): AdminClient {
  return new AdminClient({ target: daemonTarget(invocation), version: invocation.version });
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
