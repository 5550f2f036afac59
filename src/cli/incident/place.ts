/**
 * The incidents that a command works on: the folder by the environment, by the configuration that it would take, or by the one of
 * the daemon that was there last. Called by every command of incidents; works without a daemon and with a broken configuration.
 */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { ContactsState } from '../../admin/contract/contact-shapes.ts';
import { variable } from '../../base/environment.ts';
import { SentinelError } from '../../base/errors.ts';
import { findIncidentsFolder } from '../../base/incidents-folder.ts';
import { KnownSecrets } from '../../base/redaction.ts';
import { stateFolders } from '../../base/state-folder.ts';
import { contactsState } from '../../config/contacts-model.ts';
import { stateDirOf } from '../../history/boot.ts';
import { lastRunBehind } from '../../history/last-run.ts';
import type { RunRecord } from '../../history/run-record.ts';
import { knownSecrets } from '../../incident/redaction/known-values.ts';
import { textCleaner } from '../../incident/redaction/plain-text.ts';
import { IncidentStore } from '../../incident/record/store.ts';
import { actorOf } from '../actor.ts';
import type { Invocation } from '../command.ts';
import { chooseConfig, loadChoice } from '../config-choice.ts';
import { daemonTarget } from '../daemon.ts';

export interface IncidentPlace {
  /** Values that must not get into what is written, by the configuration and the environment. */
  readonly known: KnownSecrets;
  /** A text without those, and without what only looks like one. */
  readonly clean: (text: string) => string;
  /** Absolute; need not be there. */
  readonly folder: string;
  /** `incidents { service }`, where the configuration can be read. */
  readonly service: string | null;
  /** Who is told of an outage that lasts, by `contacts`; empty where nobody is named, or the configuration cannot be read. */
  readonly management: ContactsState['management'];
}

/** @throws SNT-I020 nothing is named, and this user can use none of the usual folders */
export async function incidentStore(invocation: Invocation): Promise<IncidentStore> {
  const { clock, context } = invocation;
  const { folder, known, clean } = incidentPlace(invocation);
  return new IncidentStore(folder, { clock, actor: actorOf(context), host: hostname(), known, clean });
}

/** @throws as `incidentStore` */
export function incidentPlace(invocation: Invocation): IncidentPlace {
  const { context, directory } = invocation;
  const run = lastRun(invocation);
  const chosen = chooseConfig(invocation);
  const path = chosen.path ?? run?.config_path ?? null;
  const loaded = loadChoice(invocation, { ...chosen, path: path === null ? null : resolve(directory, path) });
  const config = loaded.kind === 'ok' ? loaded.config : null;
  const { environment } = context;
  const secrets = knownSecrets({ config: loaded.kind === 'ok' ? loaded : null, environment });
  const told = {
    known: new KnownSecrets(secrets),
    clean: textCleaner(secrets),
    service: config?.incidents.service ?? null,
    management: config === null ? [] : contactsState(config.contacts).management,
  };
  const named = variable(environment, 'SENTINEL_INCIDENTS');
  if (named !== undefined) return { folder: resolve(directory, named), ...told };
  const dir = config === null ? (run?.incidents_dir ?? null) : config.incidents.dir;
  const stateDir = path === null ? null : stateDirOf(loaded, resolve(directory, path));
  const folder = findIncidentsFolder(context, { dir, stateDir });
  if (folder !== null) return { folder, ...told };
  throw new SentinelError('SNT-I020', 'no folder for incidents can be used by this user, and none is named', {
    hint: 'name one with SENTINEL_INCIDENTS',
  });
}

/** What the daemon wrote down that was last behind the socket; null = nobody knows, or several daemons are meant. */
function lastRun(invocation: Invocation): RunRecord | null {
  try {
    const { addresses } = daemonTarget(invocation);
    const sockets = addresses.flatMap((address) => (address.kind === 'socket' ? [address.path] : []));
    return lastRunBehind(stateFolders(invocation.context, null), sockets);
  } catch (error) {
    if (error instanceof SentinelError) return null;
    throw error;
  }
}
