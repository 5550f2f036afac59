/**
 * Which configuration a diagnosis is about: the one that is named or stands in a usual place, else the one of the daemon that was
 * last behind the socket. A dead daemon cannot say any more what it ran. Asks nobody.
 */
import { existsSync } from 'node:fs';
import type { DaemonTarget } from '../../admin/client/address.ts';
import { stateFolders } from '../../base/state-folder.ts';
import { lastRunBehind } from '../../history/last-run.ts';
import type { Invocation } from '../command.ts';
import { chooseConfig } from '../config-choice.ts';

/** Null = nothing says. */
export function meantConfig(invocation: Invocation, { addresses }: DaemonTarget): string | null {
  const { path } = chooseConfig(invocation);
  if (path !== null) return path;
  const sockets = addresses.flatMap((address) => (address.kind === 'socket' ? [address.path] : []));
  const last = lastRunBehind(stateFolders(invocation.context, null), sockets)?.config_path ?? null;
  return last !== null && existsSync(last) ? last : null;
}
