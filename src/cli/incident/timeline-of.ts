/**
 * The timeline of an incident, for every command that shows, freezes or quotes it: as it was frozen when it was closed, else from all
 * that is known now. Works when the daemon is dead.
 */
import { dirname } from 'node:path';
import type { AdminClient } from '../../admin/client/client.ts';
import { SentinelError } from '../../base/errors.ts';
import { stateFolders } from '../../base/state-folder.ts';
import type { Incident } from '../../incident/record/incident.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import { buildTimeline } from '../../incident/timeline/build.ts';
import { thawTimeline } from '../../incident/timeline/frozen.ts';
import type { MissingSource, Timeline } from '../../incident/timeline/moment.ts';
import { readSources } from '../../incident/timeline/read-sources.ts';
import type { TimelineWindow } from '../../incident/timeline/sources.ts';
import { commandLogFolders } from '../command-log.ts';
import type { Invocation } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { instancesOf } from './impact-of.ts';

/** @throws as `IncidentStore.read` */
export async function timelineOf(
  invocation: Invocation,
  store: IncidentStore,
  id: string,
  window: TimelineWindow = {},
): Promise<Timeline> {
  const incident = store.read(id);
  const asked = window.since !== undefined || window.until !== undefined;
  const frozen = asked || incident.phase !== 'closed' ? null : incident.timeline;
  if (frozen === null) return await timelineNow(invocation, store, incident, window);
  const thawed = thawTimeline(incident.folder, frozen);
  if ('timeline' in thawed) return thawed.timeline;
  const built = await timelineNow(invocation, store, incident, window);
  const missing: MissingSource = { source: 'journal', why: `${thawed.why}; this one is made anew` };
  return { ...built, missing: [missing, ...built.missing] };
}

/** From everything that is known now; what `incident close` freezes. */
export async function timelineNow(
  invocation: Invocation,
  store: IncidentStore,
  incident: Incident,
  window: TimelineWindow = {},
): Promise<Timeline> {
  const instances = instancesOf(invocation, incident);
  // Also the one that a configuration names: its daemons are in it.
  const own = instances.map((instance) => dirname(dirname(instance)));
  const states = [...new Set([...own, ...stateFolders(invocation.context, null)])];
  const sources = await readSources(
    {
      store,
      instances,
      commandFolders: [...new Set([...commandLogFolders(invocation, store.folder), ...own])],
      stateFolders: states,
      client: clientOf(invocation),
      nowMs: invocation.clock.wallMs(),
    },
    incident,
    window,
  );
  return buildTimeline(sources, incident, window);
}

/** Null where several are meant: which of them an incident is about nobody knows. */
function clientOf(invocation: Invocation): AdminClient | null {
  try {
    return daemonOf(invocation);
  } catch (error) {
    if (error instanceof SentinelError) return null;
    throw error;
  }
}
