/** What `GET /admin/events` and topic `events` of the stream give: the event log, filtered, in the shapes of the contract. */
import type { EventsReply } from '../../../admin/contract/event-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import { eventSubject } from '../../../filter/event-subject.ts';
import { type FilterSubject, matches } from '../../../filter/match.ts';
import type { Patience } from '../../../filter/patience.ts';
import { eventCatalogue } from '../../shared/event-catalogue.ts';
import type { EventLog } from '../events/event-log.ts';
import type { KeptEvent } from '../events/event-ring.ts';
import { eventState } from '../events/event-state.ts';
import type { Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';
import { filterOf, limitOf, patienceOf, sinceOf } from './query.ts';
import type { StreamNews, StreamTopic } from './stream-topic.ts';
import type { Streams } from './streams.ts';

const topicName = 'events';

export interface EventContext {
  readonly events: EventLog;
  readonly clock: Clock;
  readonly streams: Streams;
}

export function makeEventHandlers({ events, clock, streams }: EventContext): Pick<Handlers, 'events'> {
  return {
    events: async ({ query }): Promise<EventsReply> => {
      const now = clock.wallMs();
      const wanted = choiceOf(query, clock, patienceOf());
      const since = sinceOf(query, now);
      const limit = limitOf(query, 'events');
      const kept = events.since(0);
      const found = kept.filter((event) => wanted(event) && (since === null || event.lastAtMs >= since));
      const [oldest] = kept;
      return {
        at: rfc3339(now),
        events: found.slice(-limit).map(eventState),
        omitted: Math.max(0, found.length - limit),
        kept_since: oldest === undefined ? null : rfc3339(oldest.atMs),
        resume: streams.resumeId(topicName, String(events.seq)),
      };
    },
  };
}

/** Events as they happen; positions are their `seq`. */
export function eventTopic(events: EventLog, clock: Clock): StreamTopic {
  return {
    name: topicName,
    position: () => String(events.seq),
    open(query, position, send, missed) {
      const wanted = choiceOf(query, clock);
      const tell = (event: KeptEvent) => {
        if (wanted(event)) send(newsOf(event));
      };
      if (position !== null) {
        const from = /^\d{1,15}$/.test(position) ? Number(position) : 0;
        const kept = events.since(from);
        if (from > 0 && events.missedSince(from, wantsAll(query))) {
          missed({ count: null, untilMs: kept[0]?.atMs ?? null });
        }
        const before = choiceOf(query, clock, patienceOf());
        for (const event of kept) if (before(event)) send(newsOf(event));
      }
      return events.listen(tell);
    },
  };
}

function newsOf(event: KeptEvent): StreamNews {
  return { position: String(event.seq), data: eventState(event) };
}

/** Which events a query asks for: by kind and filter, and without either only what people are told unasked. */
function choiceOf(query: URLSearchParams, clock: Clock, patience?: Patience): (event: KeptEvent) => boolean {
  const filter = filterOf(query, 'events');
  const kinds = kindsOf(query.get('kind'));
  const all = wantsAll(query);
  const judge = (subject: FilterSubject) =>
    patience === undefined ? matches(filter, subject) : patience.matches(filter, subject);
  return (event) =>
    (all || event.told) &&
    (kinds === null || kinds.has(event.kind)) &&
    judge(eventSubject(event, clock.wallMs() - event.lastAtMs));
}

function wantsAll(query: URLSearchParams): boolean {
  return query.has('kind') || query.get('all') === '1';
}

function kindsOf(text: string | null): ReadonlySet<string> | null {
  if (text === null) return null;
  const kinds = text.split(',').map((kind) => kind.trim());
  const unknown = kinds.find((kind) => !Object.hasOwn(eventCatalogue, kind));
  if (unknown === undefined) return new Set(kinds);
  throw new AdminProblem(
    400,
    'SNT-A008',
    `there is no event ${JSON.stringify(unknown)}, expected some of ${Object.keys(eventCatalogue).join(', ')}`,
    {
      hint: 'sentinel events --all',
    },
  );
}
