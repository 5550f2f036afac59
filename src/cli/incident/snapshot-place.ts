/**
 * The incident that a snapshot belongs to: the one that is named, opened where it is not there yet; else the only one that is open;
 * else a new one. Where none can be written down, a snapshot with a name of its own is taken all the same.
 */
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import { rfc3339 } from '../../base/units.ts';
import { checkIncidentId } from '../../incident/record/id.ts';
import { IncidentStore } from '../../incident/record/store.ts';
import { actorOf } from '../actor.ts';
import type { Invocation } from '../command.ts';
import { aboutDaemon } from './about-daemon.ts';
import { openIncidents } from './chosen-incident.ts';
import { incidentPlace, incidentStore } from './place.ts';

export interface SnapshotPlace {
  readonly id: string;
  readonly title: string | null;
  /** Folder of the incident; null = there is none. */
  readonly folder: string | null;
  /** Of all incidents; null = none can be used. */
  readonly incidents: string | null;
  /** Null = none can be used. */
  readonly store: IncidentStore | null;
  /** The incident exists. */
  readonly inJournal: boolean;
  /** For this snapshot. */
  readonly opened: boolean;
  readonly remarks: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * @param elsewhere The archive goes to a file that was named: it is taken also where no incident can be written.
 * @throws SNT-I001 the id is none, SNT-I008 several incidents are open and none is named, SNT-I046 no incident can be written
 */
export async function snapshotPlace(invocation: Invocation, elsewhere: boolean): Promise<SnapshotPlace> {
  const named = invocation.argument('id');
  if (named !== undefined) checkIncidentId(named);
  try {
    return await placeIn(await incidentStore(invocation), invocation, named);
  } catch (error) {
    // What the command line says wrong is said at once; what is wrong with the machine must not keep the evidence away.
    if (!(error instanceof SentinelError) || error.code === 'SNT-I008') throw error;
    if (!elsewhere) {
      throw new SentinelError('SNT-I046', `the snapshot has no incident to go to: ${error.message}`, {
        hint: 'name a file with --output',
        cause: error,
      });
    }
    const id = named ?? unfiled(invocation);
    const warnings = [`no incident can be written (${error.message}): the snapshot is in no journal`];
    const none = { title: null, folder: null, incidents: null, store: null };
    return { id, ...none, inJournal: false, opened: false, remarks: [], warnings };
  }
}

async function placeIn(
  store: IncidentStore,
  invocation: Invocation,
  named: string | undefined,
): Promise<SnapshotPlace> {
  const place = { folder: null, incidents: store.folder, store, warnings: [] };
  const id = named ?? onlyOpen(store);
  const known = id === undefined ? null : existing(store, id);
  if (known !== null) {
    const remarks = named === undefined ? [`${known.id} is the only incident that is open`] : [];
    return { ...place, ...known, inJournal: true, opened: false, remarks };
  }
  const opened = await store.open({
    ...(id === undefined ? {} : { id }),
    body: {
      kind: 'opened',
      title: null,
      sev: null,
      why: null,
      by: 'operator',
      ...(await aboutDaemon(invocation, incidentPlace(invocation).service)),
    },
  });
  const why = named === undefined ? 'none was open' : 'there was none of that name';
  const remarks = [`${opened.id} was opened for this snapshot: ${why}`];
  return {
    ...place,
    id: opened.id,
    title: opened.title,
    folder: opened.folder,
    inJournal: true,
    opened: true,
    remarks,
  };
}

function existing(
  store: IncidentStore,
  id: string,
): { readonly id: string; readonly title: string | null; readonly folder: string } | null {
  const listed = store.list().find((one) => one.id === id);
  // One whose journal cannot be read is one all the same: its evidence goes beside it.
  return listed === undefined ? null : { id, title: listed.incident?.title ?? null, folder: listed.folder };
}

/** @throws SNT-I008 several are open */
function onlyOpen(store: IncidentStore): string | undefined {
  const open = openIncidents(store);
  if (open.length < 2) return open[0];
  throw new SentinelError('SNT-I008', `${open.length} incidents are open, and none was named: ${open.join(', ')}`, {
    hint: `sentinel incident snapshot ${open[0]}`,
  });
}

/** For the plan: what would be, with nothing made. @throws as `snapshotPlace` for what the command line says wrong */
export function plannedPlace(
  invocation: Invocation,
): Pick<SnapshotPlace, 'id' | 'folder' | 'incidents' | 'store' | 'inJournal'> {
  const named = invocation.argument('id');
  if (named !== undefined) checkIncidentId(named);
  const { folder } = incidentPlace(invocation);
  const { clock, context } = invocation;
  const id =
    named ??
    onlyOpen(new IncidentStore(folder, { clock, actor: actorOf(context), host: hostname() })) ??
    unfiled(invocation);
  return { id, folder: `${folder}/${basename(id)}`, incidents: folder, store: null, inJournal: true };
}

/** A name for what belongs to no incident. */
function unfiled({ clock }: Invocation): string {
  return `INC-${rfc3339(clock.wallMs()).slice(0, 10).replaceAll('-', '')}-unfiled`;
}
