/** The daemon that a command is about that also takes `-c FILE`: where the file is the only hint, the one whose socket it names. */
import type { DaemonTarget } from '../admin/client/address.ts';
import { variable } from '../base/environment.ts';
import type { Invocation } from './command.ts';
import { chooseConfig, loadChoice } from './config-choice.ts';
import { daemonTarget } from './daemon.ts';

/** The usual places may hold another one's socket. @throws as `daemonTarget` */
export function meantDaemon(invocation: Invocation): DaemonTarget {
  const { option, context } = invocation;
  const usual = daemonTarget(invocation);
  const named =
    option('daemon') ??
    variable(context.environment, 'SENTINEL_DAEMON') ??
    variable(context.environment, 'SENTINEL_ADMIN_SOCKET');
  if (named !== undefined || option('config') === undefined) return usual;
  const loaded = loadChoice(invocation, chooseConfig(invocation));
  const path = loaded.kind === 'ok' ? loaded.config.observability.admin.socket : null;
  return path === null ? usual : { name: usual.name, addresses: [{ kind: 'socket', path }] };
}
