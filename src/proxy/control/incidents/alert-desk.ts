/**
 * What becomes of alerts: the first opens an incident, the others of the same outage join it, and when all are over it is marked as
 * resolved; closing it is for people. The admin API brings them (`admin/alert-handlers.ts`). What cannot be written down is refused,
 * so that it is sent again.
 */
import { hostname } from 'node:os';
import type { AlertsReply, AlertsRequest } from '../../../admin/contract/alert-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import type { KnownSecrets } from '../../../base/redaction.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { EntryBody } from '../../../incident/record/entry.ts';
import { withFolderLock } from '../../../incident/record/folder-lock.ts';
import { type IncidentListing, IncidentStore } from '../../../incident/record/store.ts';
import type { Log } from '../logging.ts';
import {
  type AlertEntry,
  alertsIn,
  fromAlert,
  fullWords,
  instanceOf,
  type JournalAlerts,
  MOST_ALERTS,
  readAlerts,
  type ReadAlerts,
  worstOf,
} from './alert-entries.ts';
import type { IncidentPlace } from './incident-place.ts';

export interface AlertDeskOptions {
  readonly clock: Clock;
  readonly place: Pick<IncidentPlace, 'ensure' | 'service'>;
  readonly log: Log;
  /** Where this daemon can be asked, and its configuration: that of which an incident is opened. */
  readonly about: () => { readonly daemons: readonly string[]; readonly config: string | null };
  /** Secrets of the configuration in force. */
  readonly known: () => KnownSecrets;
}

/** An incident, with what its journal says of alerts. */
interface Known {
  readonly id: string;
  readonly closed: boolean;
  readonly alerts: JournalAlerts;
}

export class AlertDesk {
  readonly #options: AlertDeskOptions;

  constructor(options: AlertDeskOptions) {
    this.#options = options;
  }

  /**
   * On disk when it resolves.
   * @throws SentinelError when something cannot be read or written; then nothing was, or the same can be sent again
   */
  async take(request: AlertsRequest, actor: string): Promise<AlertsReply> {
    const { clock, place, known } = this.#options;
    const folder = place.ensure();
    const store = new IncidentStore(folder, { clock, actor, host: hostname(), known: known() });
    // Several groups of one outage come at the same moment, perhaps to two daemons.
    return await withFolderLock(folder, clock, async () => {
      const read = readAlerts(request);
      const incidents = knownIn(store);
      // One that is over and fires again is news, also with its old time: Prometheus remembers that over its restart.
      const seen = new Set(
        incidents.flatMap(({ alerts }) => [...alerts.latest.values()].filter(isFiring).map(instanceOf)),
      );
      const fresh = read.firing.filter((alert) => !seen.has(instanceOf(alert)));
      const joined = fresh.length === 0 ? null : await this.#joinOrOpen(store, incidents, read.group, fresh, actor);
      const over = await this.#resolve(store, read, actor);
      const recorded = (joined?.recorded ?? 0) + over.recorded;
      return {
        incident: joined?.id ?? over.touched,
        opened: joined?.opened === true,
        recorded,
        passed_over: request.alerts.length - recorded,
        resolved: over.resolved,
      };
    });
  }

  async #joinOrOpen(
    store: IncidentStore,
    incidents: readonly Known[],
    group: string,
    fresh: readonly AlertEntry[],
    actor: string,
  ): Promise<{ readonly id: string; readonly opened: boolean; readonly recorded: number }> {
    const open = incidents.filter(({ closed }) => !closed);
    const chosen = open.find(({ alerts }) => alerts.groups.has(group)) ?? open[0];
    if (chosen !== undefined) {
      let recorded: number | null = null;
      const nowMs = this.#options.clock.wallMs();
      await store.change(chosen.id, (incident) => {
        // Somebody has closed it in between: these alerts are of another one.
        if (incident.phase === 'closed') return [];
        const alerts = alertsIn(store.entries(chosen.id));
        const entries = entriesFor(alerts, fresh);
        recorded = entries.length;
        const { said, alert } = worstOf(fresh);
        return [
          ...(alerts.resolvedByAlert ? [{ kind: 'reopened', why: `alert ${alert.name} fires again` } as const] : []),
          ...markOf(alerts, fresh, nowMs),
          ...entries,
          ...overflow(alerts, entries, fresh),
          ...(incident.sev === null && said !== null
            ? [
                {
                  kind: 'severity',
                  sev: said.sev,
                  was: null,
                  why: `alert ${alert.name}: ${said.why}`,
                  proposed: true,
                } as const,
              ]
            : []),
        ];
      });
      if (recorded !== null) return { id: chosen.id, opened: false, recorded };
    }
    return await this.#open(store, fresh, actor);
  }

  async #open(store: IncidentStore, fresh: readonly AlertEntry[], actor: string) {
    const { alert, said } = worstOf(fresh);
    const none = alertsIn([]);
    const entries = entriesFor(none, fresh);
    const title = alert.summary ?? alert.name;
    const incident = await store.open({
      body: {
        kind: 'opened',
        title,
        sev: said?.sev ?? null,
        why: said === null ? null : `alert ${alert.name}: ${said.why}`,
        by: 'alert',
        service: this.#options.place.service ?? alert.labels['service'] ?? null,
        ...this.#options.about(),
      },
      also: [...markOf(none, fresh, this.#options.clock.wallMs()), ...entries, ...overflow(none, entries, fresh)],
    });
    this.#options.log.warn('Incident opened', {
      event: 'incident_opened',
      incident: incident.id,
      title: incident.title,
      sev: incident.sev,
      alerts: fresh.length,
      actor,
    });
    return { id: incident.id, opened: true, recorded: entries.length };
  }

  /** Writes down which alerts are over; an incident without any that fires is marked as resolved, and stays open. */
  async #resolve(store: IncidentStore, { resolved, over, group }: ReadAlerts, actor: string) {
    const done: string[] = [];
    let recorded = 0;
    let touched: string | null = null;
    for (const { id, closed } of resolved.length === 0 ? [] : knownIn(store)) {
      if (closed) continue;
      let ended: AlertEntry | null = null;
      await store.change(id, (incident) => {
        const { latest, full, groups } = alertsIn(store.entries(id));
        const news = resolved.filter((alert) => latest.get(alert.fingerprint)?.status === 'firing');
        if (incident.phase === 'closed' || news.length === 0) return [];
        recorded += news.length;
        touched = id;
        const after = new Map([...latest, ...news.map((alert) => [alert.fingerprint, alert] as const)]);
        const firing = [...after.values()].some(isFiring);
        // Of those that are not written down only the group as a whole says that they are over.
        const unsure = full && !(over && groups.size === 1 && groups.has(group));
        if (firing || unsure || incident.times.resolved !== null) return news;
        const last = [...after.values()].reduce((one, other) =>
          (other.ends_at ?? '') > (one.ends_at ?? '') ? other : one,
        );
        ended = last;
        const when = last.ends_at ?? last.starts_at;
        return [...news, { kind: 'marked', mark: 'resolved', when, from: fromAlert(last.name) } as const];
      });
      if (ended === null) continue;
      done.push(id);
      const { ends_at: at } = ended as AlertEntry;
      this.#options.log.info('All alerts of the incident are resolved', {
        event: 'incident_alert_resolved',
        incident: id,
        ended_at: at,
        actor,
      });
    }
    return { recorded, touched: touched as string | null, resolved: done };
  }
}

/** Those that can be read, the newest first. One that cannot must not keep alerts of another outage from being written down. */
function knownIn(store: IncidentStore): readonly Known[] {
  return store.list().flatMap(({ id, incident }: IncidentListing): readonly Known[] => {
    if (incident === null) return [];
    return [{ id, closed: incident.phase === 'closed', alerts: alertsIn(store.entries(id)) }];
  });
}

function isFiring({ status }: AlertEntry): boolean {
  return status === 'firing';
}

function entriesFor({ latest }: JournalAlerts, fresh: readonly AlertEntry[]): readonly AlertEntry[] {
  return fresh.slice(0, Math.max(0, MOST_ALERTS - latest.size));
}

function overflow(
  { full }: JournalAlerts,
  entries: readonly AlertEntry[],
  fresh: readonly AlertEntry[],
): readonly EntryBody[] {
  return full || entries.length === fresh.length ? [] : [{ kind: 'note', text: fullWords }];
}

/** Clocks of others may be this wrong, and no alert fires for longer. */
const AHEAD_MS = 24 * 3_600_000;
const LONGEST_MS = 366 * AHEAD_MS;

/** When it began, as far as alerts know: never against what a person has said. One that does not know (`0001-01-01`) begins now. */
function markOf({ alertMark }: JournalAlerts, fresh: readonly AlertEntry[], nowMs: number): readonly EntryBody[] {
  const [any] = fresh;
  const known = fresh.find(({ starts_at: at }) => {
    const ageMs = nowMs - Date.parse(at);
    return ageMs <= LONGEST_MS && ageMs >= -AHEAD_MS;
  });
  if (any === undefined || (known === undefined && alertMark !== null)) return [];
  const when = known?.starts_at ?? rfc3339(nowMs);
  if (alertMark !== null && (!alertMark.byAlert || alertMark.when <= when)) return [];
  return [{ kind: 'marked', mark: 'alert', when, from: fromAlert((known ?? any).name) }];
}
