/** The daemon that a command talks to: its one client, made from `--daemon`, the environment or the run-time folders. */
import { addressText, type DaemonTarget, daemonTargets } from '../admin/client/address.ts';
import { AdminClient } from '../admin/client/client.ts';
import { openPlaces, tokenFor } from '../admin/client/token.ts';
import { SentinelError } from '../base/errors.ts';
import type { Invocation } from './command.ts';

/** @throws SNT-P009 for a name that is no address, SNT-P040 when several are named, and as `clientOf` */
export function daemonOf(invocation: Invocation): AdminClient {
  return clientOf(invocation, daemonTarget(invocation));
}

/** What of an invocation a client is made of. */
type Caller = Pick<Invocation, 'context' | 'version' | 'stderr'>;

/** The client of a daemon, with the token where it is reached by TCP. @throws as `tokenOf` */
export function clientOf(caller: Caller, target: DaemonTarget): AdminClient {
  const token = tokenOf(caller, [target]);
  return new AdminClient({ target, version: caller.version, ...(token === undefined ? {} : { token }) });
}

/** Commands that have been told, by what is theirs alone. */
const told = new WeakSet<Caller['context']>();

/**
 * The token for those of the daemons that are reached by TCP; where others may read it on its way, that is said once.
 * @throws SNT-A040, SNT-A041, SNT-A042 for one that cannot be had
 */
export function tokenOf({ context, stderr }: Caller, targets: readonly DaemonTarget[]): string | undefined {
  const token = tokenFor(targets, context.environment);
  const open = token === undefined ? [] : openPlaces(targets);
  if (open.length > 0 && !told.has(context)) {
    told.add(context);
    const places = [...new Set(open.map(addressText))].join(', ');
    stderr.write(
      `note: the token goes to ${places} without encryption; where others use the network, go through an SSH tunnel\n`,
    );
  }
  return token;
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
