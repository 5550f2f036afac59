/**
 * What a snapshot holds that is written from the record of its incident: the timeline, and drafts of messages and post-mortem as far
 * as they can be filled by then. Made for `incident snapshot`; each is a collector like others, so that none keeps the rest away.
 */
import type { Collector } from '../../incident/collect/collector.ts';
import { CollectFault } from '../../incident/collect/fault.ts';
import { messageOf } from '../../incident/messages/message.ts';
import { writePostmortem } from '../../incident/postmortem/postmortem.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import { timelineLines, timelineName } from '../../incident/timeline/frozen.ts';
import type { Invocation } from '../command.ts';
import { impactFor } from './impact-of.ts';
import { incidentFacts } from './message-facts.ts';
import type { SnapshotPlace } from './snapshot-place.ts';
import { timelineNow, timelineOf } from './timeline-of.ts';

const drafts = ['initial', 'update', 'resolution'] as const;

/** Nothing where there is no incident. @param store Null = nobody will ask for them: they are planned. */
export function snapshotWritings(
  invocation: Invocation,
  { store, id, inJournal }: Pick<SnapshotPlace, 'store' | 'id' | 'inJournal'>,
): readonly Collector[] {
  if (!inJournal) return [];
  const folder = (): IncidentStore => {
    if (store !== null) return store;
    throw new CollectFault('no incident can be read');
  };
  // Two of them want each; reading what it is made of takes the most of the time.
  const timelineOnce = once(() => timelineNow(invocation, folder(), folder().read(id)));
  const impactOnce = once(() => impactFor(invocation, folder().read(id)));
  const timeline: Collector = {
    path: timelineName,
    class: 'record',
    kind: 'ndjson',
    source: 'journal, commands, events, runs of runbooks, traffic and configurations in one order',
    fast: true,
    heavy: true,
    find: async () => [{ content: timelineLines(await timelineOnce()) }],
  };
  const messages: Collector = {
    path: 'comms/*.md',
    class: 'record',
    kind: 'markdown',
    source: 'drafts of sentinel incident comms',
    fast: false,
    heavy: true,
    find: async () => {
      const facts = incidentFacts(invocation, folder().read(id), await impactOnce());
      return drafts.map((name) => ({ path: `comms/${name}.md`, content: messageOf(name, facts, 'markdown').text }));
    },
  };
  const postmortem: Collector = {
    path: 'postmortem.md',
    class: 'record',
    kind: 'markdown',
    source: 'a draft of sentinel incident postmortem',
    fast: false,
    heavy: true,
    find: async () => {
      const incident = folder().read(id);
      const [moments, impact] = await Promise.all([
        incident.phase === 'closed' ? timelineOf(invocation, folder(), id) : timelineOnce(),
        impactOnce(),
      ]);
      return [{ content: writePostmortem(incident, moments, impact, null).text }];
    },
  };
  return [timeline, messages, postmortem];
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | null = null;
  return () => (found ??= find());
}
