/**
 * Which daemons an incident is about, said when it is opened: every address at which each can be asked, and its configuration. Asks
 * a daemon for a moment; one that does not answer is known by what it wrote down.
 */
import { addressText, type DaemonTarget, daemonTargets } from '../../admin/client/address.ts';
import { SentinelError } from '../../base/errors.ts';
import { stateFolders } from '../../base/state-folder.ts';
import { lastRunBehind } from '../../history/last-run.ts';
import type { EntryBody } from '../../incident/record/entry.ts';
import { clientOf } from '../daemon.ts';
import type { Invocation } from '../command.ts';

/** An incident must open, whatever a daemon does. */
const PATIENCE_MS = 500;

export type AboutDaemon = Pick<Extract<EntryBody, { kind: 'opened' }>, 'service' | 'daemons' | 'config'>;

/**
 * @param service As the configuration says it that a command takes; else a daemon may know.
 * @throws SNT-P009 for a name that is no address
 */
export async function aboutDaemon(invocation: Invocation, service: string | null): Promise<AboutDaemon> {
  const targets = daemonTargets(invocation.context, invocation.option('daemon'));
  const known = await Promise.all(targets.map((target) => knownOf(invocation, target)));
  const [only] = known;
  return {
    service: service ?? (known.length > 1 ? null : (only?.service ?? null)),
    daemons: [...new Set(known.flatMap(({ addresses }) => addresses))],
    config: only === undefined || known.length > 1 ? null : only.config,
  };
}

async function knownOf(invocation: Invocation, target: DaemonTarget) {
  const named = target.addresses.map(addressText);
  try {
    const client = clientOf(invocation, target);
    const { data } = await client.call('status', { timeoutMs: PATIENCE_MS });
    const { socket, address } = data.admin;
    return {
      addresses: [...named, socket, address].filter((one) => one !== null),
      config: data.config.path,
      service: data.incidents.service,
    };
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    const sockets = target.addresses.flatMap((one) => (one.kind === 'socket' ? [one.path] : []));
    const run = lastRunBehind(stateFolders(invocation.context, null), sockets);
    return {
      addresses: [...named, run?.admin_address ?? null].filter((one) => one !== null),
      config: run?.config_path ?? null,
      service: null,
    };
  }
}
