/**
 * What is known of an incident when it is closed, kept as it is then: the timeline as a file, the impact on traffic in the journal.
 * Called by `incident close`; what cannot be had is said and keeps nothing from being closed.
 */
import { rfc3339 } from '../../base/units.ts';
import type { EntryBody } from '../../incident/record/entry.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import { freezeTimeline } from '../../incident/timeline/frozen.ts';
import type { Invocation } from '../command.ts';
import { impactFor } from './impact-of.ts';
import { timelineNow } from './timeline-of.ts';

export interface Frozen {
  readonly bodies: readonly EntryBody[];
  readonly remarks: readonly string[];
}

export async function freeze(invocation: Invocation, store: IncidentStore, id: string): Promise<Frozen> {
  const bodies: EntryBody[] = [];
  const remarks: string[] = [];
  const attempt = async (what: string, make: () => Promise<EntryBody>): Promise<void> => {
    try {
      bodies.push(await make());
    } catch (error) {
      remarks.push(`${what} could not be kept: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  await attempt('the timeline', async () => {
    const timeline = await timelineNow(invocation, store, store.read(id));
    remarks.push(...timeline.missing.map(({ source, why }) => `the timeline may lack something (${source}): ${why}`));
    // It ends here, whenever the entry that closes it is written.
    return freezeTimeline(store.folderOf(id), { ...timeline, until: rfc3339(invocation.clock.wallMs()) });
  });
  await attempt('the impact on traffic', async () => {
    const impact = await impactFor(invocation, store.read(id));
    return { kind: 'impact', impact: { ...impact } };
  });
  return { bodies, remarks };
}
